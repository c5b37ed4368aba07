// What all scenes share: title, words, a stage for the picture, and colors that follow the theme.
class Scene {
  constructor(block) {
    this.block = block;
    this.tinted = [];
  }

  // Builds the scene for new data; for known data only its colors may have changed.
  show(data) {
    if (data.digest !== this.data?.digest) {
      this.remove();
      this.data = data;
      this.tinted = [];
      this.stage = element("div", { className: `lab-stage lab-${data.kind}` });
      const title = element("h2", {}, data.title);
      const words = element("p", { className: "lab-lead" }, data.lead);
      const head = element("div", { className: "lab-scene-head" }, element("span", { className: "lab-place" }, data.place), title);
      const note = element("p", { className: "lab-note", hidden: !data.note }, data.note ?? "");
      this.block.replaceChildren(head, element("div", { className: `lab-body lab-body-${data.kind}` }, words, this.stage, note));
      this.build(data);
    }
    this.paint();
  }

  build() {}

  // Every color is that of the light page, or its counterpart on the dark one.
  tint(node, color) {
    this.tinted.push([node, color]);
    return node;
  }

  paint() {
    for (const [node, color] of this.tinted) node.style.setProperty("--run", shade(color, this.block));
  }

  remove() {}
}

function networkName(name) {
  return element("span", { className: "lab-network" }, element("i"), element("b", {}, name));
}

function pixelated(source, alt) {
  return element("img", { src: source, alt, className: "lab-pixels" });
}

// What a network says of an image.
function verdict({ says, share, isRight }, name) {
  const mark = element("span", { className: "lab-mark" }, isRight ? "right" : "wrong");
  const words = element("span", {}, "says ", element("strong", {}, says), ` (${share})`);
  const parts = name ? [networkName(name), words, mark] : [words, mark];
  const node = element("div", { className: "lab-verdict" }, ...parts);
  node.dataset.right = isRight;
  return node;
}

// A slider over a few stops; `told` gets the place, and `words` says in words what it stands for.
function stops(label, count, start, words, told) {
  const range = element("input", { type: "range", min: 0, max: count - 1, step: 1, ariaLabel: label });
  const output = element("output", {});
  range.value = start;
  const tell = () => {
    const place = range.valueAsNumber;
    setText(output, words(place));
    setAttribute(range, "aria-valuetext", words(place));
    told(place);
  };
  range.oninput = tell;
  return { node: element("label", { className: "lab-stops" }, element("span", {}, label), range, output), tell };
}

function floats(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}
