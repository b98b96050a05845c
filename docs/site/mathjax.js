// Equations of the reference and of notebooks, by the MathJax that lies beside this file.
window.MathJax = window.MathJax || {
  tex2jax: { inlineMath: [["$", "$"], ["\\(", "\\)"]], displayMath: [["$$", "$$"], ["\\[", "\\]"]],
             processEscapes: true, processEnvironments: true },
  TeX: { equationNumbers: { autoNumber: "AMS", useLabelIds: true } },
  "HTML-CSS": { availableFonts: [], webFont: "STIX-Web", imageFont: null },
  messageStyle: "none"
};
