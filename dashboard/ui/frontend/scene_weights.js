const SOFT = 0.02;  // |w| around which the axis turns from linear to logarithmic
const GUIDES = [-10, -1, -0.1, 0, 0.1, 1, 10];
const COLD = [33, 102, 172], MIDDLE = [217, 220, 224], WARM = [178, 24, 43];

class TrainingScene extends Scene {
  build(data) {
    this.clock = new Clock();
    this.panels = data.networks.map((network) => new WeightPanel(this, network, data));
    const player = element("div", { className: "lab-player", role: "group", ariaLabel: "Playback" });
    const grid = element("div", { className: "lab-pair" }, ...this.panels.map((panel) => panel.node));
    this.stage.append(grid, element("div", { className: "lab-controls lab-page-player" }, player));
    this.player = new Player(player, this.clock);
    this.listener = () => this.draw();
    this.clock.listeners.add(this.listener);
    this.clock.setNames(data.epochs);
    this.clock.stepTo(data.epochs.length - 1);
    this.size = new ResizeObserver(() => this.draw());
    this.size.observe(grid);
    this.playWhenSeen(grid);
  }

  playWhenSeen(grid) {
    this.sight = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.sight.disconnect();
      if (!prefersStill()) this.clock.play();
    }, { threshold: 0.9 });
    this.sight.observe(grid);
  }

  // While the clock plays, points move between two snapshots; numbers are those of the earlier one.
  draw() {
    cancelAnimationFrame(this.request);
    for (const panel of this.panels) panel.draw(this.clock);
    if (this.clock.isPlaying) this.request = requestAnimationFrame(() => this.draw());
  }

  paint() {
    super.paint();
    this.draw();
  }

  remove() {
    cancelAnimationFrame(this.request);
    this.clock?.pause();
    this.player?.remove();
    this.size?.disconnect();
    this.sight?.disconnect();
  }
}

class WeightPanel {
  constructor(scene, network, { reach, near }) {
    Object.assign(this, { network, near, far: Math.asinh(reach / SOFT), weights: floats(network.weights) });
    const [height, width] = network.kernel;
    this.filters = Array.from({ length: network.filters }, () => element("canvas", { width, height, ariaHidden: "true" }));
    this.points = element("canvas", { className: "lab-points", role: "img" });
    this.numbers = element("p", { className: "lab-numbers" });
    const images = element("div", { className: "lab-filters", role: "img" }, ...this.filters);
    images.ariaLabel = `Filters of ${network.name}`;
    const parts = [networkName(network.name), images, this.points, this.numbers];
    this.node = scene.tint(element("article", {}, ...parts), network.color);
  }

  draw(clock) {
    const { network } = this, { index } = clock;
    const said = `Fuzziness ${network.fuzziness[index]} nats · ${network.nearZero[index]} of ${network.count} near zero`;
    setText(this.numbers, said);
    setAttribute(this.points, "aria-label", `Weights of ${network.name}, epoch ${clock.name}: ${said}`);
    const now = this.at(clock);
    this.drawFilters(now);
    this.drawPoints(now);
  }

  at({ position, index }) {
    const { count } = this.network, share = position - index;
    const now = this.weights.subarray(index * count, (index + 1) * count);
    if (!share) return now;
    const next = this.weights.subarray((index + 1) * count, (index + 2) * count);
    return now.map((weight, place) => weight + share * ((next[place] ?? weight) - weight));
  }

  // Share of the axis, from -1 to 1.
  place(weight) {
    return Math.asinh(weight / SOFT) / this.far;
  }

  // Of a filter with several input channels, the first one.
  drawFilters(weights) {
    const each = weights.length / this.filters.length;
    this.filters.forEach((canvas, filter) => {
      const context = canvas.getContext("2d"), image = context.createImageData(canvas.width, canvas.height);
      for (let place = 0; place < canvas.width * canvas.height; place += 1) {
        const level = Math.max(-1, Math.min(1, this.place(weights[filter * each + place]))), end = level < 0 ? COLD : WARM;
        MIDDLE.forEach((from, part) => (image.data[4 * place + part] = from + Math.abs(level) * (end[part] - from)));
        image.data[4 * place + 3] = 255;
      }
      context.putImageData(image, 0, 0);
    });
  }

  drawPoints(weights) {
    const { points } = this, style = getComputedStyle(points), ratio = devicePixelRatio;
    const width = points.clientWidth, height = points.clientHeight, bottom = height - 22;
    points.width = width * ratio;
    points.height = height * ratio;
    const context = points.getContext("2d");
    context.scale(ratio, ratio);
    const across = (weight) => width / 2 + this.place(weight) * (width / 2 - 14);
    context.fillStyle = style.getPropertyValue("--st-secondary-background-color");
    context.fillRect(across(-this.near), 0, across(this.near) - across(-this.near), bottom);
    context.strokeStyle = style.getPropertyValue("--st-border-color");
    context.fillStyle = style.color;
    context.font = `12px ${style.fontFamily}`;
    context.textAlign = "center";
    context.beginPath();
    context.moveTo(0, bottom + 0.5);
    context.lineTo(width, bottom + 0.5);
    for (const guide of GUIDES.filter((each) => Math.abs(this.place(each)) <= 1)) {
      const x = Math.round(across(guide)) + 0.5;
      context.moveTo(x, bottom);
      context.lineTo(x, bottom + 5);
      context.fillText(String(guide).replace("-", "−"), x, height - 4);
    }
    context.stroke();
    context.fillStyle = style.getPropertyValue("--run");
    context.globalAlpha = 0.65;
    weights.forEach((weight, place) => {
      context.beginPath();
      context.arc(across(weight), 8 + ((place * 0.618034) % 1) * (bottom - 16), 3.5, 0, 7);
      context.fill();
    });
  }
}

class CollapseScene extends Scene {
  build(data) {
    this.counted = data.networks.map((network) => this.panel(network));
    const slider = stops(
      "Near zero is |w| below",
      data.thresholds.length,
      data.start,
      (place) => String(data.thresholds[place]),
      (place) => this.counted.forEach((count) => count(data.thresholds[place])),
    );
    this.stage.append(slider.node, element("div", { className: "lab-pair" }, ...this.panels()));
    slider.tell();
  }

  panels() {
    return this.counted.map(({ node }) => node).reverse();  // the large number first
  }

  panel(network) {
    const weights = floats(network.weights), each = weights.length / network.filters;
    const squares = Array.from(weights, () => element("i"));
    const blocks = Array.from({ length: network.filters }, (_, filter) =>
      element("div", {}, ...squares.slice(filter * each, (filter + 1) * each)));
    const number = element("strong", { className: "lab-large" });
    const rest = element("span", { className: "lab-rest" });
    const grid = element("div", { className: "lab-squares", ariaHidden: "true" }, ...blocks);
    for (const block of blocks) block.style.setProperty("--side", Math.ceil(Math.sqrt(each)));
    const about = element("p", { className: "lab-numbers" }, `Largest |w|: ${network.largest}`);
    const count = (threshold) => {
      weights.forEach((weight, place) => squares[place].classList.toggle("lab-kept", Math.abs(weight) >= threshold));
      setText(number, String(weights.reduce((sum, weight) => sum + (Math.abs(weight) < threshold), 0)));
      setText(rest, ` of ${weights.length} near zero`);
    };
    const line = element("p", { className: "lab-count", role: "status" }, number, rest);
    count.node = this.tint(element("article", {}, networkName(network.name), line, grid, about), network.color);
    return count;
  }
}
