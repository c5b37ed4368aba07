const LINE = 1.3;  // height of a line in font sizes, as Plotly draws it
const SIDES = 50;  // pixels, about those that axes take beside the panels of a narrow chart
let pen = null;

// A layout whose titles, its own and those above its panels, are broken into lines that fit a chart of this width. The
// top margin grows with them.
function withBrokenTitles(layout, width) {
  const { font, title: { font: titleFont } } = layout.template.layout;
  const own = brokenText(layout.title?.text ?? "", width - 4, titleFont);
  const panels = (layout.annotations ?? []).map((annotation) => {
    if (!isPanelTitle(annotation)) return annotation;
    const fonts = { ...font, ...annotation.font };
    return { ...annotation, text: brokenText(annotation.text, roomOf(annotation, layout) * (width - SIDES), fonts) };
  });
  const added = ({ text }, { size }) => (text.split("<br>").length - 1) * Math.ceil(LINE * size);
  const top = panels.filter((panel) => isPanelTitle(panel) && panel.y > 0.999);
  const higher = added({ text: own }, titleFont);
  const raised = higher && Math.ceil((LINE * titleFont.size) / 2);
  const grown = higher + Math.max(0, ...top.map((panel) => added(panel, panel.font ?? font)));
  if (!layout.title?.text) return { ...layout, annotations: panels };
  return {
    ...layout, annotations: panels,
    // Plotly raises a title of several lines by half a line.
    title: { ...layout.title, text: own, pad: { ...layout.title.pad, t: (layout.title.pad?.t ?? 0) + raised } },
    margin: { ...layout.margin, t: (layout.margin?.t ?? 52) + grown },
  };
}

function isPanelTitle({ xref, yref, xanchor, yanchor }) {
  return xref === "paper" && yref === "paper" && xanchor === "left" && yanchor === "bottom";
}

// Share of the plot's width from the left end of a panel's title to the next title on the same height, or to the right.
function roomOf(title, { annotations }) {
  const beside = annotations.filter((other) => isPanelTitle(other) && other.y === title.y && other.x > title.x);
  return Math.min(1, ...beside.map((other) => other.x - 0.02)) - title.x;
}

// The text with line breaks between words, outside of tags and not beside = and <; a word wider than a line stays whole.
function brokenText(text, width, { family, size, weight = 400 }) {
  pen ??= document.createElement("canvas").getContext("2d");
  pen.font = `${weight} ${size}px ${family}`;
  const plain = (words) => words.replace(/<[^>]*>/g, "").replace(/&#?\w+;/g, "m");
  const fits = (words) => pen.measureText(plain(words)).width <= width;
  const lines = text.split("<br>").flatMap((line) =>
    line.split(/(?<!=|&lt;) (?!= |&lt; |[^<]*>)/).reduce((before, word) => {
      const longer = `${before.at(-1)} ${word}`;
      return before.length && fits(longer) ? [...before.slice(0, -1), longer] : [...before, word];
    }, []));
  return lines.join("<br>");
}
