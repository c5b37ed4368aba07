// Streamlit calls this with the lines that hold now; screen readers hear those that are new since the last call.
export default function ({ data, parentElement }) {
  const region = parentElement.querySelector(".lab-announcement");
  const before = region.lines;
  region.lines = data.lines;
  const news = before ? data.lines.filter((line) => !before.includes(line)) : [];
  if (news.length) region.textContent = `${news.join(". ")}.`;
}
