// The boxes of an answer: read as the run reads them, drawn as the report draws them.
const SVG = "http://www.w3.org/2000/svg";
const UNKNOWN = "#a0a0a0";
const MOST_LINES = 4;
const colourOf = (label) => facts.colours[label] ?? UNKNOWN;

// Boxes in pixels, best first. `classes` are numbers, or text, or names; those below 0 are padding.
const detectionsOf = (answer, width, height) => {
  const sent = answer.labels ?? [];
  const numbered = sent.every((name) => facts.labels[Number(name)] !== undefined);
  const names = sent.length && !numbered ? sent : facts.labels;
  const clip = (value, most) => Math.min(Math.max(value, 0), 1) * most;
  const found = answer.normalized_boxes.map((edges, index) => {
    const number = Number(answer.classes[index]);
    const label = Number.isNaN(number) ? answer.classes[index] : String(names[number] ?? number);
    const [left, top] = [clip(edges[0], width), clip(edges[1], height)];
    const box = { left, top, width: clip(edges[2], width) - left, height: clip(edges[3], height) - top };
    return { label, score: Number(answer.scores[index]), padding: number < 0, ...box };
  });
  return found.filter((each) => !each.padding && each.width > 0 && each.height > 0).sort((a, b) => b.score - a.score);
};

const element = (name, attributes) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

const caption = (box) => `${box.label} ${box.score.toFixed(2)}`;

// Where the captions of boxes, best first, begin or end, and how large their letters are. One that would lie on a
// better box's goes down, a line at a time.
const lettered = (boxes, width) => {
  const unit = width / 100;
  const size = Math.max(3.2 * unit, 11);
  const taken = [];
  return boxes.map((box) => {
    const end = box.left + box.width / 2 > width / 2;
    const x = box.left + (end ? box.width : 0);
    const length = 0.6 * size * caption(box).length;
    const [left, right] = end ? [x - length, x] : [x, x + length];
    let y = Math.max(box.top - 0.3 * size, 1.1 * size);
    const covers = (each) => left < each.right && each.left < right && Math.abs(y - each.y) < size;
    for (let tries = 0; tries < MOST_LINES && taken.some(covers); tries += 1) y += size * 1.1;
    taken.push({ left, right, y });
    return { box, x, y, size, end };
  });
};

const drawBoxes = (svg, boxes, width, height) => {
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const groups = lettered(boxes, width).reverse().map(({ box, x, y, size, end }) => {
    const group = element("g", { class: "box" });
    group.style.setProperty("--colour", colourOf(box.label));
    const place = { x: box.left, y: box.top, width: box.width, height: box.height };
    group.append(element("rect", { ...place, class: "edge" }), element("rect", place));
    const text = element("text", { x, y, "font-size": size, "text-anchor": end ? "end" : "start" });
    text.textContent = caption(box);
    group.append(text);
    return group;
  });
  svg.replaceChildren(...groups);
};

// The picture with its boxes, as pixels.
const drawn = (picture, boxes) => {
  const { width, height } = picture;
  const canvas = onCanvas(picture, width, height);
  const context = canvas.getContext("2d");
  const line = Math.max(2, Math.round(Math.min(width, height) / 240));
  context.lineJoin = "round";
  for (const { box, x, y, size, end } of lettered(boxes, width).reverse()) {
    for (const [style, thickness] of [["rgb(0 0 0 / 55%)", line + 2], [colourOf(box.label), line]]) {
      context.strokeStyle = style;
      context.lineWidth = thickness;
      context.strokeRect(box.left, box.top, box.width, box.height);
    }
    context.font = `600 ${size}px system-ui, sans-serif`;
    context.textAlign = end ? "right" : "left";
    context.strokeStyle = "#000";
    context.lineWidth = size * 0.28;
    context.strokeText(caption(box), x, y);
    context.fillStyle = "#fff";
    context.fillText(caption(box), x, y);
  }
  return canvas;
};
