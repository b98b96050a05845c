"""One thread: small networks gain little from more, and lose much on a busy machine."""

ONE_THREAD = {
    f"{name}_NUM_THREADS": "1"
    for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM", "BLIS")
}
"""What to add to the environment of a process whose numerical libraries shall use one."""
