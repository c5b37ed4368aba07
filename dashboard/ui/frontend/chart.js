// A figure in a block: the chart (.live-chart) and, below it, a player for its frames and the downloads.
// `loadPlotly` returns a promise of Plotly.js; the data are those of `chart_data` in live_charts.py.
class Chart {
  constructor(block, loadPlotly) {
    this.node = block.querySelector(".live-chart");
    this.loadPlotly = loadPlotly;
    this.isStale = false;  // a redraw is pending
    this.isDrawing = false;
    this.build(block);
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.node);
  }

  build(block) {
    const player = element("div", { className: "lab-player", role: "group", ariaLabel: "Playback", hidden: true });
    this.player = new Player(player, () => this.redraw());
    const button = (format, onclick) => element("button", { type: "button", onclick }, format);
    const picture = (format) => () =>
      this.Plotly?.downloadImage(portable(this.node), {
        format, filename: this.data.filename, scale: format === "png" ? 2 : 1,
        width: this.node.clientWidth, height: this.data.height,
      });
    this.buttons = {
      PNG: button("PNG", picture("png")),
      SVG: button("SVG", picture("svg")),
      CSV: button("CSV", () => saveText(this.data.csv, "text/csv", `${this.data.filename}.csv`)),
    };
    const downloads = element("div", { className: "lab-downloads" }, ...Object.values(this.buttons));
    block.append(element("div", { className: "lab-controls" }, player, downloads));
  }

  show(data) {
    if (data.figure !== this.data?.figure) this.figure = JSON.parse(data.figure);
    this.data = data;
    this.node.style.height = `${data.height}px`;
    setAttribute(this.node, "aria-label", data.alt);
    for (const [format, button] of Object.entries(this.buttons))
      setAttribute(button, "aria-label", `Download ${data.filename} as ${format}`);
    this.buttons.CSV.hidden = data.csv === null;
    this.player.setNames((this.figure.frames ?? []).map((frame, position) => frame.name ?? String(position)));
    if (data.autoplay && !this.starter) this.playWhenSeen();
    this.redraw();
  }

  redraw() {
    this.isStale = true;
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
      const frame = this.figure.frames?.[this.player.index];
      const figure = themed(atFrame(this.figure, frame ?? {}), this.node, this.data.height);
      await Plotly.react(this.node, { ...figure, config: CONFIGURATION });
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
    else if (this.node.data && this.node.clientWidth > 0 && this.node.clientWidth !== this.width) {
      this.width = this.node.clientWidth;
      this.Plotly.Plots.resize(this.node);
    }
  }

  playWhenSeen() {
    this.starter = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.starter.disconnect();
      if (!matchMedia("(prefers-reduced-motion: reduce)").matches) this.player.play();
    }, { threshold: 0.5 });
    this.starter.observe(this.node);
  }

  remove() {
    this.player.pause();
    this.starter?.disconnect();
    this.observer.disconnect();
    if (this.node.data) this.Plotly.purge(this.node);
  }
}

const CONFIGURATION = {
  displaylogo: false,
  showSendToCloud: false,  // otherwise Plotly.js 4 offers to upload the chart
  modeBarButtonsToRemove: ["toImage", "select2d", "lasso2d", "autoScale2d"],
};
