"""Les Houches files: every way to be damaged has its message, and none goes unnoticed."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pylhe
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_utils.simulation import SimulationError
from course_utils.simulation.lhe import END_TAG, LheReader, count_events

SLICE = Path(__file__).parent / "data" / "ttbarj_slice.lhe.gz"
N_SLICE = 2000
TEXT = gzip.decompress(SLICE.read_bytes()).decode()
HEAD = TEXT[: TEXT.index("<event>")]
EVENTS = re.findall(r"<event>.*?</event>\n", TEXT[len(HEAD) : len(HEAD) + 20_000], re.DOTALL)[:8]
FAULTY = 5  # number of the event that the tests damage
GOOD = HEAD + "".join(EVENTS) + END_TAG + "\n"


def damaged(edit: Callable[[str], str]) -> str:
    """The file with one event changed."""
    events = list(EVENTS)
    events[FAULTY - 1] = edit(events[FAULTY - 1])
    assert events != EVENTS
    return HEAD + "".join(events) + END_TAG + "\n"


def field(particle: int, column: int, value: str) -> Callable[[str], str]:
    """Replaces a number of a particle, counted from 1; particle 0 is the event's first line."""

    def edit(event: str) -> str:
        lines = event.splitlines(keepends=True)
        numbers = lines[1 + particle].split()
        numbers[column - 1] = value
        lines[1 + particle] = " ".join(numbers) + "\n"
        return "".join(lines)

    return edit


def read(path: Path) -> tuple[int, str]:
    """Number of good events and the error's message (empty without one)."""
    try:
        reader = LheReader(path)
    except SimulationError as error:
        return 0, str(error)
    try:
        n_events = sum(1 for _ in reader)
    except SimulationError as error:
        return reader.n_read, str(error)
    finally:
        reader.close()
    assert n_events == reader.n_read
    return n_events, ""


def test_good_file_is_read_whole_and_as_pylhe_reads_it(tmp_path: Path) -> None:
    assert SLICE.stat().st_size <= 2_000_000
    assert count_events(SLICE) == N_SLICE
    assert read(SLICE) == (N_SLICE, "")
    path = tmp_path / "good.lhe"
    path.write_text(GOOD)
    reader = LheReader(path)
    whole = pylhe.LHEFile.fromfile(path)
    for ours, theirs in zip(reader, whole.events, strict=True):
        assert ours.eventinfo == theirs.eventinfo
        assert ours.particles == theirs.particles
    assert reader.init == whole.init
    reader.close()


def test_packing_is_recognised_by_content_not_by_name(tmp_path: Path) -> None:
    for name, content in (
        ("plain.gz", GOOD.encode()),
        ("packed.lhe", gzip.compress(GOOD.encode())),
    ):
        (tmp_path / name).write_bytes(content)
        assert read(tmp_path / name) == (len(EVENTS), "")


def test_madgraph_extras_are_no_particles(tmp_path: Path) -> None:
    """MadGraph's header is no XML; its events have attributes and blocks behind the particles."""
    header = (
        '<LesHouchesEvents version="3.0">\n<header>\n<MG5ProcCard>\n'
        "generate p p > t t~ j, (t > w+ b, w+ > j j) # a < b & c\n</MG5ProcCard>\n</header>\n"
    )
    init = HEAD[HEAD.index("<init>") :].replace(
        "</init>", "<generator name='MadGraph5_aMC@NLO' version='3'>cite</generator>\n</init>"
    )
    extras = (
        "<mgrwt>\n<rscale> 2 0.1E+03</rscale>\n</mgrwt>\n<rwgt>\n"
        "<wgt id='1'> +1.0e+00 </wgt>\n</rwgt>\n</event>"
    )
    events = [
        event.replace("<event>", "<event npLO=' 2 ' npNLO=' -1 '>").replace("</event>", extras)
        for event in EVENTS
    ]
    path = tmp_path / "madgraph.lhe"
    path.write_text(header + init + "".join(events) + END_TAG)
    assert read(path) == (len(EVENTS), "")


FAULTS: dict[str, tuple[Callable[[str], str], str]] = {
    "letters": (field(7, 9, "abc"), "could not convert string to float: 'abc'"),
    "fortran overflow": (field(7, 9, "*****"), "could not convert string"),
    "nan": (field(7, 9, "nan"), "particle 7 has a number that is not finite"),
    "nan weight": (field(0, 3, "nan"), "weight, scale or couplings are not finite"),
    "infinite count": (field(0, 1, "1e400"), "cannot convert float infinity"),
    "one particle too many": (field(0, 1, "12"), "12 particles announced, more given"),
    "one particle too few": (field(0, 1, "14"), "14 particles announced, 13 given"),
    "short line": (lambda e: e.replace("  9.000E+00\n", "\n", 1), "too few numbers"),
    "empty event": (lambda _: "<event>\n</event>\n", "too few numbers"),
    "status": (field(3, 2, "7"), "particle 3 has status 7"),
    "mother beyond the end": (field(7, 3, "99"), "particle 7 has mothers 99"),
    "its own mother": (field(7, 3, "7"), "particle 7 has mothers 7"),
    "momentum": (field(7, 9, "500.0"), "GeV of pz are lost"),
    "third incoming": (field(3, 2, "-1"), "3 incoming"),
    "colour": (field(10, 6, "999"), "colour line 5.* is not closed"),
    "nested": (lambda e: e.replace("</event>\n", ""), "the next event begins before"),
    "stray end": (lambda e: e + "</event>\n", "</event> without <event>"),
    "lepton": (field(10, 1, "-13"), "not all-hadronic, it has leptons \\(mu\\)"),
    "no top": (field(3, 1, "21"), "0 top quarks, expected 1"),
    "two antitops": (field(5, 1, "-6"), "2 top antiquarks, expected 1"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faulty_event_is_named_and_those_before_it_count(tmp_path: Path, fault: str) -> None:
    edit, message = FAULTS[fault]
    path = tmp_path / "faulty.lhe"
    path.write_text(damaged(edit))
    n_good, error = read(path)
    assert re.search(message, error)
    number = FAULTY + 1 if fault == "stray end" else FAULTY
    assert f"event {number}" in error
    assert n_good == number - 1
    assert re.search("make the file again|generate only those", error, re.IGNORECASE)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("run,event\n1,2\n", "no Les Houches file.*got 'run,event'"),
        (HEAD[: HEAD.index("</init>")], "no complete <init> block"),
        (GOOD.replace("<init>", "<i>"), "no complete <init> block"),
        (HEAD.replace("     2212     2212", "2212") + END_TAG, "malformed <init>"),
        (HEAD.replace("2212     2212", "11 -11") + END_TAG, "expected protons"),
        (HEAD.replace("6.50000E+03", "0.0") + END_TAG, "beam energies"),
        (HEAD.replace("-4      1\n", "-4      2\n") + END_TAG, "2 processes announced, 1 given"),
        (HEAD + END_TAG, "has no events"),
        (GOOD.replace(END_TAG, ""), "ends after event 8, without </LesHouchesEvents>"),
    ],
)
def test_faulty_file_is_refused_with_a_reason(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "faulty.lhe"
    path.write_text(content)
    assert re.search(message, read(path)[1])


def notes(path: Path) -> str:
    """What a reader of the whole file has to say besides."""
    reader = LheReader(path)
    for _ in reader:
        pass
    reader.close()
    return "; ".join(reader.notes)


BARE = HEAD.replace("numevts 400000", "numevts 8") + "".join(EVENTS) + END_TAG + "\n"
PARTS = {
    "as cat joins them": GOOD + GOOD,
    "without a line end between": GOOD.rstrip() + GOOD,
    "an empty line and XML's first line between": GOOD + '\n\n<?xml version="1.0"?>\n' + GOOD,
    "on one line with the last event": GOOD.replace(f"</event>\n{END_TAG}", "</event>" + END_TAG)
    + GOOD,
    "remarks between": GOOD + "#Random number generator exit values: 1 2 3 4 5 6 7\n" + GOOD,
}


@pytest.mark.parametrize("how", PARTS)
@pytest.mark.parametrize("pack", [str.encode, lambda text: gzip.compress(text.encode())])
def test_joined_files_are_read_whole(tmp_path: Path, how: str, pack: Callable) -> None:
    path = tmp_path / "joined.lhe"
    path.write_bytes(pack(PARTS[how]))
    assert read(path) == (2 * len(EVENTS), "")
    assert count_events(path) >= 2 * len(EVENTS) - 1
    assert "2 Les Houches files were joined: all were read" in notes(path)


def test_joined_members_of_gzip_are_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "joined.lhe.gz"
    path.write_bytes(3 * gzip.compress(GOOD.encode()))
    assert read(path) == (3 * len(EVENTS), "")
    assert notes(path).startswith("3 Les Houches files")
    half = len(GOOD) // 2
    parts = (GOOD[:half], GOOD[half:])
    path.write_bytes(b"".join(gzip.compress(part.encode()) for part in parts))
    assert read(path) == (len(EVENTS), "")
    assert "joined" not in notes(path)


PACKED_GOOD = gzip.compress(GOOD.encode())


@pytest.mark.parametrize(
    ("content", "n_good", "message"),
    [
        (GOOD + GOOD.replace(END_TAG, ""), 16, r"part 2 .*ends after event 16, without"),
        (GOOD + GOOD[: GOOD.rindex("</event>") - 9], 15, "part 2 .*ends in event 16, without"),
        (GOOD + HEAD[:200], 8, "part 2 .*no complete <init> block"),
        (GOOD.replace(END_TAG, "") + GOOD, 8, "ends after event 8, without </LesHouchesEvents>"),
        (GOOD[: GOOD.rindex("</event>")] + GOOD, 7, "event 8 is malformed: the file ends before"),
        (GOOD + damaged(field(7, 9, "nan")), 12, "event 13 is malformed: particle 7"),
        (GOOD + GOOD.replace("6.50000E+03", "7.0E+03"), 8, "part 2 .*has other beams or processes"),
        (GOOD + EVENTS[0], 8, "<event>.* stands after </LesHouchesEvents>"),
        (GOOD + EVENTS[0].replace("<event>\n", ""), 8, "numbers stand outside of <event>"),
        (GOOD.encode() + PACKED_GOOD, 8, "packed data follow what is not packed"),
        (PACKED_GOOD + GOOD.encode(), 8, "cut short or damaged in event 9"),
        (PACKED_GOOD + PACKED_GOOD[:-200], None, "cut short or damaged in event"),
    ],
)
def test_joined_files_that_do_not_go_together_are_refused(
    tmp_path: Path, content: str | bytes, n_good: int | None, message: str
) -> None:
    path = tmp_path / "joined.lhe"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    seen, error = read(path)
    assert re.search(message, error)
    assert n_good in (None, seen)


LOST = "".join(EVENTS[0].splitlines(keepends=True)[1:-1])


@pytest.mark.parametrize(
    ("between", "message"),
    [
        (LOST, "numbers stand outside of <event>"),
        ("<Event>\n" + LOST + "</Event>\n", "'<Event>' is no tag of an event"),
        ("<event/>\n", "'<event/>' is no tag of an event"),
        (HEAD[HEAD.index("<init>") :], "numbers stand outside of <event>"),
    ],
)
def test_an_event_that_lost_its_tags_is_noticed(tmp_path: Path, between: str, message: str) -> None:
    path = tmp_path / "lost.lhe"
    path.write_text(HEAD + "".join(EVENTS[:4]) + between + "".join(EVENTS[4:]) + END_TAG)
    n_good, error = read(path)
    assert n_good == 4
    assert re.search(message, error)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD, "the header of part 1 announces 400,000 events, 8 are there"),
        (BARE, ""),
        (BARE.replace("numevts 8", "9 = nevents"), "announces 9 events, 8 are there"),
        (BARE.replace("numevts 8", "# Number of Events : 8"), ""),
        (BARE + GOOD, "the header of part 2 announces 400,000 events, 8 are there"),
        (BARE + "bye\n", "after the last </LesHouchesEvents>: 1 line.* the first: 'bye'"),
        (
            BARE.replace(EVENTS[3], f"<!--\n{EVENTS[3]}-->\n"),
            "1 events stand in comments: they are left out; .* announces 8 events, 7 are there",
        ),
        (BARE.replace(EVENTS[3], EVENTS[3] + "a word\n"), "between events: 1 lines of text"),
        (BARE.replace(EVENTS[3], EVENTS[3] + "# a b\n<eventgroup>\n"), ""),
    ],
)
def test_what_is_left_out_is_said(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "noted.lhe"
    path.write_text(content)
    said = notes(path)
    assert re.search(message, said)
    assert bool(said) == bool(message)


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.lhe", tmp_path):
        assert "no file" in read(path)[1]


@pytest.mark.parametrize("packed", [True, False])
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32 - 1))
def test_cut_anywhere_is_noticed(tmp_path: Path, packed: bool, seed: int) -> None:
    content = GOOD.rstrip().encode()
    content = gzip.compress(content) if packed else content
    cut = int(np.random.default_rng(seed).integers(0, len(content)))
    path = tmp_path / "cut.lhe"
    path.write_bytes(content[:cut])
    n_good, error = read(path)
    assert error
    assert n_good <= len(EVENTS)
    if cut > len(content) // 2:
        assert f"event {n_good + 1}" in error or f"after event {n_good}" in error


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_bytes_never_break_the_reader(tmp_path: Path, seed: int) -> None:
    """Damage is harmless (in a comment, say) or a SimulationError; nothing else comes out."""
    rng = np.random.default_rng(seed)
    content = bytearray(GOOD.encode() if seed % 2 else gzip.compress(GOOD.encode()))
    for place in rng.integers(0, len(content), 3):
        content[place] = rng.integers(0, 256)
    path = tmp_path / "damaged.lhe"
    path.write_bytes(content)
    n_good, error = read(path)
    assert n_good <= len(EVENTS)
    assert error or n_good > 0
