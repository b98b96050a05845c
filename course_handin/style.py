"""How the pages look: the document's head in typst."""

STYLE = r"""
#let shown-notebook = state("notebook", "")
#set page(
  paper: "a4",
  margin: (x: 18mm, top: 18mm, bottom: 20mm),
  footer: context {
    set text(size: 8pt, fill: luma(90))
    shown-notebook.get()
    h(1fr)
    counter(page).display("1 / 1", both: true)
  },
)
#set text(font: "Libertinus Serif", size: 10.5pt, lang: "en")
#set smartquote(enabled: false)
#set par(justify: false, leading: 0.6em)
#show heading: set block(above: 1.4em, below: 0.9em)
#show link: set text(fill: rgb("#1f4e8c"))
#show raw: set text(font: "DejaVu Sans Mono", size: 0.84em)
#show raw.where(block: true): set text(size: 7.5pt)
#show quote.where(block: true): it => block(
  width: 100%, inset: (left: 8pt, y: 3pt), stroke: (left: 1.5pt + luma(160)), it.body,
)
#show raw.where(block: true): set par(leading: 0.5em)
#show regex("[^\s\u{200b}]{30,}"): it => it.text.clusters().join("\u{200b}")
#set table(inset: (x: 5pt, y: 3.5pt), stroke: none)
#show figure: set block(breakable: true)
#show table: set text(size: 9pt)
#show table.cell: it => {
  show regex("[^\s\u{200b}]{12,}"): word => word.text.clusters().join("\u{200b}")
  it
}
#show math.equation.where(block: true): it => layout(area => {
  let wide = measure(it).width
  if wide > area.width {
    scale(x: area.width / wide * 100%, y: area.width / wide * 100%, reflow: true, it)
  } else { it }
})
#let horizontalrule = line(length: 100%, stroke: 0.5pt + luma(180))
#let numbered(tag, body) = {
  set math.equation(numbering: _ => tag)
  body
}
#let source-of-equation(text, block: false) = {
  box(fill: luma(240), outset: (y: 2pt), inset: (x: 2pt), raw(text, lang: "tex"))
}
#let as-written(text) = raw(text, block: true, lang: "markdown")
#let picture(path, alt) = layout(area => {
  let natural = measure(image(path))
  let ratio = calc.min(1, 0.78 * area.width / natural.width, 17cm / natural.height)
  align(center, image(path, width: ratio * natural.width, alt: alt))
})
#let caption(body) = align(center, block(width: 88%, text(size: 9pt, fill: luma(60), body)))
#let lost-picture(name, alt) = box(
  stroke: (paint: rgb("#a33"), thickness: 0.5pt, dash: "dashed"),
  inset: 4pt,
  [a picture that cannot be shown: #raw(name) #text(style: "italic", alt)],
)
#let code(source, fill: luma(246)) = block(
  width: 100%, inset: (x: 6pt, y: 6pt), radius: 2pt, fill: fill, stroke: 0.5pt + luma(205),
  breakable: true, raw(source, lang: "python", block: true),
)
#let printed(text, color: luma(190)) = block(
  width: 100%, inset: (left: 8pt, y: 3pt), stroke: (left: 1.5pt + color), breakable: true,
  raw(text, block: true),
)
#let failed(text) = block(
  width: 100%, inset: 6pt, stroke: (left: 2pt + rgb("#b3261e")), fill: rgb("#fdf1f0"),
  breakable: true, raw(text, block: true),
)
"""
