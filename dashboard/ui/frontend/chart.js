// A figure in a block: the chart (.live-chart) and, below it, the downloads and a player for the frames of the figure.
// A chart with the name of a clock has no player: it follows the clock with frames that came beside the figure.
// `loadPlotly` returns a promise of Plotly.js; the data are those of `chart_data` in live_charts.py.
class Chart {
  constructor(block, loadPlotly) {
    this.node = block.querySelector(".live-chart");
    this.loadPlotly = loadPlotly;
    this.isStale = false;  // a redraw is pending
    this.isDrawing = false;
    this.clock = this.ownClock = new Clock();
    this.listener = () => this.follow();
    this.clock.listeners.add(this.listener);
    this.build(block);
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.node);
    this.isSeen = true;  // a chart outside the window does not follow the clock
    this.sight = new IntersectionObserver((entries) => {
      this.isSeen = entries.at(-1).isIntersecting;
      if (this.isSeen && this.data) this.draw();
    });
    this.sight.observe(this.node);
  }

  build(block) {
    const player = element("div", { className: "lab-player", role: "group", ariaLabel: "Playback", hidden: true });
    this.player = new Player(player, this.ownClock);
    const button = (format, onclick) => element("button", { type: "button", onclick }, format);
    const picture = (format) => () =>
      this.Plotly?.downloadImage(portable(this.node), {
        format, filename: this.data.filename, scale: format === "png" ? 2 : 1,
        width: this.node.clientWidth, height: this.height,
      });
    this.buttons = {
      PNG: button("PNG", picture("png")),
      SVG: button("SVG", picture("svg")),
      CSV: button("CSV", () => saveText(this.data.csv, "text/csv", `${this.data.filename}.csv`)),
    };
    this.fullScreen = new FullScreen(block, () => this.redraw());
    const properties = { className: "lab-toolbar", role: "toolbar", ariaLabel: "Chart" };
    const toolbar = element("div", properties, ...Object.values(this.buttons), this.fullScreen.button);
    makeToolbar(toolbar);
    block.append(element("div", { className: "lab-controls" }, player, toolbar));
  }

  get height() {
    return this.fullScreen.isOn ? this.node.clientHeight : this.data.height;
  }

  show(data) {
    if (data.figure !== this.data?.figure) this.figure = JSON.parse(data.figure);
    if (data.frames !== this.data?.frames || !data.frames)
      this.frames = data.frames ? JSON.parse(data.frames) : (this.figure.frames ?? []);
    this.data = data;
    this.node.style.height = `${data.height}px`;
    setAttribute(this.node, "aria-label", data.alt);
    for (const [format, button] of Object.entries(this.buttons))
      setAttribute(button, "aria-label", `Download ${data.filename} as ${format}`);
    setAttribute(this.fullScreen.button, "aria-label", `Show ${data.filename} in full screen`);
    this.buttons.CSV.hidden = data.csv === null;
    this.listen(data.clock ? Clock.named(data.clock) : this.ownClock);
    if (!data.clock) this.ownClock.setNames(this.frames.map((frame, position) => frame.name ?? String(position)));
    if (data.autoplay && !this.starter) this.playWhenSeen();
    this.redraw();
  }

  listen(clock) {
    if (clock === this.clock) return;
    this.clock.listeners.delete(this.listener);
    this.clock = clock;
    clock.listeners.add(this.listener);
  }

  // The frame of the clock's epoch: of few frames, the newest one before it. The figure itself needs none.
  frame() {
    const { clock, frames, data } = this;
    if (clock === this.ownClock) return frames[clock.index] ?? {};
    if (clock.isFollowing || clock.name === undefined || clock.name === data.now) return {};
    const now = Number(clock.name) + 1e-9;
    return frames.findLast((frame) => Number(frame.name) <= now) ?? frames[0] ?? {};
  }

  // Draws another frame after the clock has moved.
  follow() {
    if (!this.data || this.frame() === this.shown || (this.isFigure && !this.frame().name)) return;
    this.isStale = true;
    if (this.isSeen) this.draw();
  }

  redraw() {
    this.isStale = true;
    this.shown = undefined;
    this.draw();
  }

  async draw() {
    const isVisible = this.node.clientWidth > 0;  // false inside a closed tab or expander
    if (!this.isStale || this.isDrawing || !isVisible) return;
    this.isDrawing = true;
    this.isStale = false;
    try {
      const Plotly = await this.loadPlotly(this.data.version);
      if (!this.node.isConnected) return;
      if (!this.node.data) this.node.replaceChildren();
      this.Plotly = Plotly;  // st.plotly_chart may replace window.Plotly by another version
      this.width = this.node.clientWidth;
      const frame = this.frame(), before = this.shown;
      [this.shown, this.isFigure] = [frame, !frame.name];
      if (before?.name && frame.name && isStill(before) && isStill(frame)) await Plotly.relayout(this.node, structuredClone(frame.layout));
      else {
        const { data, layout } = themed(atFrame(this.figure, frame), this.node, this.height);
        await Plotly.react(this.node, { data, layout: withBrokenTitles(layout, this.width), config: CONFIGURATION });
      }
      const hill = this.figure.layout.meta?.hill;
      if (hill) (this.weight ??= new HillWeight(this.node)).show(hill);
    } catch (error) {
      console.error(error);
      if (!this.node.data) this.node.textContent = `This chart could not be drawn: ${error.message}`;
    } finally {
      this.isDrawing = false;
    }
    this.draw();
  }

  resize() {
    if (this.isStale) this.draw();
    else if (this.fullScreen.isOn) this.redraw();
    else if (this.node.data && this.node.clientWidth > 0 && this.node.clientWidth !== this.width) {
      this.width = this.node.clientWidth;
      clearTimeout(this.resizing);
      this.resizing = setTimeout(() => this.redraw(), 100);  // the titles may break elsewhere
    }
  }

  playWhenSeen() {
    this.starter = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.starter.disconnect();
      if (!prefersStill()) this.ownClock.play();
    }, { threshold: 0.5 });
    this.starter.observe(this.node);
  }

  remove() {
    this.clock.listeners.delete(this.listener);
    this.ownClock.pause();
    clearTimeout(this.resizing);
    this.starter?.disconnect();
    this.observer.disconnect();
    this.sight.disconnect();
    this.fullScreen.remove();
    this.weight?.remove();
    if (this.node.data) this.Plotly.purge(this.node);
  }
}

// A frame that moves neither the traces nor the titles.
function isStill(frame) {
  return !frame.data && !frame.layout.title && !frame.layout.annotations;
}

const CONFIGURATION = {
  displaylogo: false,
  showSendToCloud: false,  // otherwise Plotly.js 4 offers to upload the chart
  modeBarButtonsToRemove: ["toImage", "select2d", "lasso2d", "autoScale2d"],
};

// One stop of the Tab key for all buttons of a toolbar; arrows move between them.
function makeToolbar(toolbar) {
  const buttons = () => [...toolbar.children].filter((button) => !button.hidden);
  const choose = (chosen) => [...toolbar.children].forEach((button) => (button.tabIndex = button === chosen ? 0 : -1));
  choose(toolbar.children[0]);
  toolbar.addEventListener("focusin", (event) => choose(event.target));
  toolbar.addEventListener("keydown", (event) => {
    const shown = buttons(), by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) shown[(shown.indexOf(event.target) + by + shown.length) % shown.length].focus();
  });
}
