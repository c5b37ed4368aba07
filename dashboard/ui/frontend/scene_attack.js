const FLICKER = 700;  // ms; less than three changes a second

class AttackScene extends Scene {
  build(data) {
    const figures = data.pictures.map((picture) => this.figure(picture, data.colors));
    const [clean, change, changed] = figures;
    this.stage.append(clean, sign("+"), change, sign("="), changed);
    const image = changed.querySelector("img"), words = changed.querySelector(".lab-title");
    const [before, , after] = data.pictures;
    const show = (isClean) => {
      image.src = (isClean ? before : after).image;
      setText(words, isClean ? "Clean again" : after.title);
    };
    const button = element("button", { type: "button", className: "lab-act" }, "Flicker");
    setAttribute(button, "aria-pressed", "false");
    button.title = "Show the clean and the changed image in turn";
    button.onclick = () => {
      const isOn = button.getAttribute("aria-pressed") === "false";
      setAttribute(button, "aria-pressed", String(isOn));
      clearInterval(this.timer);
      let isClean = false;
      show(isClean);
      if (isOn) this.timer = setInterval(() => show((isClean = !isClean)), FLICKER);
    };
    changed.insertBefore(button, words.nextSibling.nextSibling);
  }

  figure({ image, alt, title, verdicts }, colors) {
    const caption = element("figcaption", {});
    for (const each of verdicts) caption.append(this.tint(verdict(each, each.name), colors[each.name]));
    return element("figure", {}, element("span", { className: "lab-title" }, title), pixelated(image, alt), caption);
  }

  remove() {
    clearInterval(this.timer);
  }
}

function sign(text) {
  return element("span", { className: "lab-sign", ariaHidden: "true" }, text);
}
