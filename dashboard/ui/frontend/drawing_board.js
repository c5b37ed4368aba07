const FINE = 10;  // canvas pixels along one pixel of the drawing
const PEN = 2.2 / 28;  // width of a stroke as a share of the drawing's height, as in MNIST
const STEP = 0.5;  // of an arrow key, in pixels of the drawing
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const boards = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const box = parentElement.querySelector(".lab-board");
  if (!boards.has(box)) boards.set(box, new DrawingBoard(box));
  boards.get(box).show(data, (drawing) => setStateValue("drawing", drawing));
}

class DrawingBoard {
  constructor(box) {
    this.columns = this.rows = 0;
    this.isInking = false;  // by keyboard
    this.build(box);
    this.listen();
  }

  build(box) {
    const label = "Drawing board. Arrow keys move the pen; Space starts or stops drawing.";
    this.canvas = element("canvas", { tabIndex: 0, role: "application", ariaLabel: label });
    this.cursor = element("div", { className: "lab-pen", ariaHidden: "true" });
    this.state = element("div", { className: "lab-pen-state", role: "status" });
    this.use = element("button", { type: "button", className: "lab-use" }, "Use this drawing");
    this.clear = element("button", { type: "button" }, "Clear");
    box.append(
      element("div", { className: "lab-canvas" }, this.canvas, this.cursor),
      element("div", { className: "lab-board-buttons" }, this.clear, this.use),
      this.state,
    );
  }

  listen() {
    this.use.onclick = () => {
      this.send(this.drawing());
      setText(this.state, "The drawing was submitted.");
    };
    this.clear.onclick = () => {
      this.wipe();
      setText(this.state, "The drawing was cleared.");
    };
    this.canvas.onpointerdown = (event) => this.begin(event);
    this.canvas.onpointermove = (event) => this.draw(event);
    this.canvas.onpointerup = this.canvas.onpointercancel = () => (this.pointer = null);
    this.canvas.onkeydown = (event) => this.press(event);
    this.canvas.onblur = () => (this.isInking = false);
  }

  // A new shape clears the board.
  show({ rows, columns }, send) {
    this.send = send;
    if (rows === this.rows && columns === this.columns) return;
    Object.assign(this, { rows, columns });
    this.canvas.width = columns * FINE;
    this.canvas.height = rows * FINE;
    this.ink = this.canvas.getContext("2d", { willReadFrequently: true });
    this.wipe();
    this.moveTo([this.canvas.width / 2, this.canvas.height / 2]);
  }

  wipe() {
    this.ink.fillStyle = "#000";
    this.ink.fillRect(0, 0, this.canvas.width, this.canvas.height);
  }

  begin(event) {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.pointer = event.pointerId;
    setText(this.state, "");
    this.moveTo(this.placeOf(event));
    this.stroke(this.place);
  }

  draw(event) {
    if (event.pointerId !== this.pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) this.stroke(this.placeOf(each));
  }

  placeOf(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * this.canvas.width;
    const y = ((event.clientY - box.top) / box.height) * this.canvas.height;
    return [x, y];
  }

  press(event) {
    const way = ARROWS[event.key];
    if (!way && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    if (way) {
      const size = [this.canvas.width, this.canvas.height];
      const place = this.place.map((at, axis) => Math.min(Math.max(at + way[axis] * STEP * FINE, 0), size[axis]));
      if (this.isInking) this.stroke(place);
      else this.moveTo(place);
    } else if (!event.repeat) {
      this.isInking = !this.isInking;
      if (this.isInking) this.stroke(this.place);
    }
    this.cursor.classList.toggle("lab-inking", this.isInking);
    setText(this.state, this.isInking ? "Pen down" : "Pen up");
  }

  stroke(to) {
    Object.assign(this.ink, { strokeStyle: "#fff", lineWidth: PEN * this.rows * FINE, lineCap: "round", lineJoin: "round" });
    this.ink.beginPath();
    this.ink.moveTo(...this.place);
    this.ink.lineTo(...to);
    this.ink.stroke();
    this.moveTo(to);
  }

  moveTo(place) {
    this.place = place;
    this.cursor.style.left = `${(100 * place[0]) / this.canvas.width}%`;
    this.cursor.style.top = `${(100 * place[1]) / this.canvas.height}%`;
  }

  // Mean ink of every pixel, row by row, as base64.
  drawing() {
    const { rows, columns } = this;
    const fine = this.ink.getImageData(0, 0, this.canvas.width, this.canvas.height).data;
    const sums = new Float64Array(rows * columns);
    for (let y = 0, place = 0; y < rows * FINE; y++)
      for (let x = 0; x < columns * FINE; x++, place += 4)
        sums[Math.floor(y / FINE) * columns + Math.floor(x / FINE)] += fine[place];
    const bytes = Array.from(sums, (sum) => Math.round(sum / FINE ** 2));
    return { rows, columns, ink: btoa(String.fromCharCode(...bytes)) };
  }
}
