const FALL = 2000;  // ms from the place where a weight is let go to its end
const KEY_STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };

// A weight on the curve of the penalty in the first subplot of a chart. One drags it, or moves it with the arrow keys,
// and lets it go; it then follows the path of `weight_path.js`.
class HillWeight {
  constructor(node) {
    this.node = node;
    this.ball = element("div", { className: "lab-weight", role: "slider", tabIndex: 0, ariaLabel: "Weight, |w|" });
    this.trail = svg("polyline");
    const picture = svg("svg", { "aria-hidden": "true" }, this.trail);
    this.layer = element("div", { className: "lab-hill" }, picture, this.ball);
    const options = [["flow", "Gradient flow"], ["adam", "Adam"]];
    const choices = options.map(([value, name]) => element("option", { value }, name));
    this.method = element("select", { ariaLabel: "Optimizer of the weight" }, ...choices);
    this.result = element("output");
    const button = element("button", { type: "button", onclick: () => this.release() }, "Let the weight go");
    node.after(this.layer, element("div", { className: "lab-controls lab-hill-controls" }, button, this.method, this.result));
    this.ball.addEventListener("keydown", (event) => this.press(event));
    this.ball.addEventListener("pointerdown", (event) => this.grasp(event));
    node.on("plotly_afterplot", () => this.place());
  }

  show(hill) {
    const isSame = JSON.stringify(hill) === JSON.stringify(this.hill);
    this.hill = hill;
    if (!isSame) this.move(Math.min(this.size ?? hill.start, hill.farthest));
    else this.place();
  }

  // Puts the weight somewhere by hand: an earlier path ends.
  move(size) {
    cancelAnimationFrame(this.request);
    this.size = Math.min(Math.max(size, 0), this.hill.farthest);
    this.path = [];
    setText(this.result, "Drag the weight, or move it with the arrow keys and press Enter");
    this.place();
  }

  release() {
    cancelAnimationFrame(this.request);
    const { sizes, words } = fall(this.size, this.method.value === "adam", this.hill);
    setText(this.result, `From |w| = ${this.size.toPrecision(3)}, ${words}`);
    const begin = performance.now(), isStill = prefersStill();
    const advance = (now) => {
      const share = isStill ? 1 : Math.min(Math.max((now - begin) / FALL, 0), 1);
      this.path = sizes.slice(0, Math.round(share * (sizes.length - 1)) + 1);
      this.size = Math.min(this.path.at(-1), this.hill.farthest);
      this.place();
      if (share < 1) this.request = requestAnimationFrame(advance);
    };
    advance(begin);
  }

  press(event) {
    const { farthest } = this.hill, by = KEY_STEPS[event.key];
    if (by) this.move(this.size + (by * farthest) / 100);
    else if (event.key === "Home" || event.key === "End") this.move(event.key === "Home" ? 0 : farthest);
    else if (event.key === "Enter") this.release();
    else return;
    event.preventDefault();
  }

  grasp(event) {
    const { ball } = this;
    ball.setPointerCapture(event.pointerId);
    ball.onpointermove = (move) => {
      const { xaxis } = this.node._fullLayout;
      this.move(xaxis.p2d(move.clientX - this.node.getBoundingClientRect().left - xaxis._offset));
    };
    ball.onpointerup = () => {
      ball.onpointermove = ball.onpointerup = ball.onpointercancel = null;
      this.release();
    };
    ball.onpointercancel = () => (ball.onpointermove = ball.onpointerup = null);
  }

  // Pixels from the corner of the chart, inside the subplot.
  point(size) {
    const { l1, l2 } = this.hill, { xaxis, yaxis } = this.node._fullLayout;
    const within = (axis, value) => axis._offset + Math.min(Math.max(axis.d2p(value), 0), axis._length);
    return [within(xaxis, size), within(yaxis, l1 * size + l2 * size * size)];
  }

  place() {
    const { ball, layer, node, path, size } = this;
    if (!this.hill || !node._fullLayout) return;
    Object.assign(layer.style, { left: `${node.offsetLeft}px`, top: `${node.offsetTop}px` });
    const [left, top] = this.point(size);
    Object.assign(ball.style, { left: `${left}px`, top: `${top}px` });
    this.trail.setAttribute("points", path.map((each) => this.point(each).join()).join(" "));
    const limits = { valuemin: 0, valuemax: this.hill.farthest, valuenow: size, valuetext: size.toPrecision(3) };
    for (const [name, value] of Object.entries(limits)) setAttribute(ball, `aria-${name}`, String(value));
  }

  remove() {
    cancelAnimationFrame(this.request);
  }
}
