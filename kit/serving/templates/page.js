// The page: where pictures come from, what is shown of them, and in which language.
const at = (id) => document.getElementById(id);
const stage = at("stage");
const threshold = at("threshold");
const pictures = at("pictures");
let language = facts.language;
// What is on the stage: a picture, what was sent of it, and the endpoint's answer.
let shown = null;
// Counts what was asked for, so that an answer that comes too late is not shown.
let turn = 0;
let said = { status: null, trouble: null, kept: null };
const MOST_LISTED = 12;

const words = (word, filling = {}) => facts.words[language][word].replace(/\{(\w+)\}/g, (_, name) => filling[name] ?? "");
const say = (place, word, filling) => {
  said[place] = word ? [word, filling] : null;
  at(place).textContent = word ? words(word, filling) : "";
  if (place === "trouble") at(place).hidden = !word;
};
const complain = (error) => {
  if (!(error instanceof Trouble)) throw error;
  say("trouble", error.word, { endpoint: facts.endpoint, ...error.filling });
};

const translate = () => {
  document.documentElement.lang = language;
  document.title = words("title");
  for (const each of document.querySelectorAll("[data-word]")) each.textContent = words(each.dataset.word);
  for (const each of document.querySelectorAll("[data-label]")) each.setAttribute("aria-label", words(each.dataset.label));
  at("about").textContent = words("about", facts) + (facts.price ? ` ${words("price", facts)}` : "");
  at("language").value = language;
  for (const [place, sentence] of Object.entries(said)) if (sentence) at(place).textContent = words(...sentence);
  update();
};

// What of the shown picture is at or above the threshold.
const visible = () => (shown ? shown.boxes.filter((box) => box.score >= Number(threshold.value)) : []);

const update = () => {
  at("threshold-now").value = Number(threshold.value).toFixed(2);
  if (!shown) return;
  const boxes = visible();
  drawBoxes(at("boxes"), boxes, shown.picture.width, shown.picture.height);
  at("boxes").setAttribute("aria-label", `${words("found")}: ${boxes.map(caption).join(", ") || "–"}`);
  const rows = boxes.slice(0, MOST_LISTED).map((box) => {
    const [row, swatch, label, bar, score] = ["li", "i", "span", "u", "b"].map((name) => document.createElement(name));
    row.style.setProperty("--colour", colourOf(box.label));
    bar.style.setProperty("--score", box.score);
    label.textContent = box.label;
    score.textContent = box.score.toFixed(2);
    row.append(swatch, label, bar, score);
    return row;
  });
  if (boxes.length > MOST_LISTED) {
    const more = document.createElement("li");
    more.className = "more";
    more.textContent = words("more", { count: boxes.length - MOST_LISTED });
    rows.push(more);
  }
  at("found").replaceChildren(...rows);
  const told = { count: boxes.length, milliseconds: Math.round(shown.milliseconds), rate: shown.rate?.toFixed(1) };
  say("status", shown.rate === undefined ? "told" : "told_live", told);
};

const show = (what) => {
  const { width, height } = what.picture;
  const canvas = at("picture");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").drawImage(what.picture, 0, 0);
  canvas.hidden = false;
  video.hidden = true;
  shown = { ...what, boxes: detectionsOf(what.answer, width, height) };
  stage.classList.remove("empty");
  at("hint").hidden = true;
  at("frame").hidden = false;
  at("save").disabled = false;
  at("keep").disabled = false;
  say("trouble", null);
  say("kept", null);
  const { address, headers, bytes } = what.request;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  at("request").textContent = [`POST ${new URL(address, location.href)}`, ...lines, `Content-Length: ${bytes}`].join("\n");
  at("answer").textContent = JSON.stringify(what.answer, null, 1);
  update();
};

// Asks about a picture and shows it, unless another was asked for meanwhile.
const look = async (name, open) => {
  const mine = (turn += 1);
  stopCamera();
  say("status", "asking", { name });
  try {
    const { blob, bitmap } = await open();
    const found = await detect(blob);
    if (mine === turn) show({ picture: bitmap, blob, name, ...found });
  } catch (error) {
    if (mine !== turn) return;
    say("status", null);
    complain(error);
  }
};

const addPicture = (name, source, open, first) => {
  const [item, button, image] = ["li", "button", "img"].map((each) => document.createElement(each));
  button.type = "button";
  button.title = name;
  image.alt = name;
  image.loading = "lazy";
  image.src = source;
  const again = async () => {
    await pause(PAUSES[0]);
    image.addEventListener("error", () => image.replaceWith("?"));
    image.src = source;
  };
  image.addEventListener("error", again, { once: true });
  button.append(image);
  button.addEventListener("click", () => {
    for (const each of pictures.querySelectorAll("button")) each.removeAttribute("aria-current");
    button.setAttribute("aria-current", "true");
    button.scrollIntoView({ block: "nearest", inline: "nearest" });
    look(name, open);
  });
  item.append(button);
  if (first) pictures.prepend(item);
  else pictures.append(item);
  return button;
};

const take = (files) => {
  const buttons = [...files].reverse().map((file) => addPicture(file.name, URL.createObjectURL(file), () => read(file), true));
  buttons.at(-1)?.click();
};

const step = (by) => {
  const all = [...pictures.querySelectorAll("button")];
  const now = all.findIndex((each) => each.hasAttribute("aria-current"));
  all[Math.min(Math.max(now + by, 0), all.length - 1)]?.click();
};

const heldOut = (index) => async () => {
  const answer = await asked(`held-out/${index}`);
  if (!answer.ok) throw new Trouble("damaged", { name: facts.heldOut[index], reason: (await answer.json()).reason });
  const blob = await answer.blob();
  return { blob, bitmap: await createImageBitmap(blob) };
};

const stopCamera = () => {
  if (!camera.stream) return;
  closeCamera();
  video.hidden = true;
  at("picture").hidden = false;
  cameraButtons();
};

const cameraButtons = () => {
  const isOpen = camera.stream !== null;
  at("camera").setAttribute("aria-pressed", isOpen);
  at("live").setAttribute("aria-pressed", camera.isLive);
  at("still").hidden = at("live").hidden = !isOpen;
};

at("camera").addEventListener("click", async () => {
  if (camera.stream) {
    stopCamera();
    return;
  }
  turn += 1;
  try {
    await openCamera();
  } catch (error) {
    complain(error);
    return;
  }
  shown = null;
  say("trouble", null);
  say("status", "camera_open");
  at("boxes").replaceChildren();
  at("found").replaceChildren();
  at("save").disabled = at("keep").disabled = true;
  at("hint").hidden = at("picture").hidden = true;
  at("frame").hidden = video.hidden = false;
  stage.classList.remove("empty");
  cameraButtons();
});
at("still").addEventListener("click", async () => {
  const picture = frame();
  const blob = await encoded(picture, "image/jpeg", 0.95);
  const name = `camera-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.jpg`;
  take([new File([blob], name, { type: "image/jpeg" })]);
});
at("live").addEventListener("click", async () => {
  camera.isLive = !camera.isLive;
  cameraButtons();
  if (!camera.isLive) return;
  const mine = (turn += 1);
  try {
    await goLive(() => camera.isLive && mine === turn, show, complain);
  } catch (error) {
    stopCamera();
    complain(error);
  }
});

at("save").addEventListener("click", async () => {
  const blob = await encoded(drawn(shown.picture, visible()), "image/jpeg", 0.92);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${shown.name.replace(/\.[^.]*$/, "")}-detections.jpg`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
});

const base64 = (blob) => new Promise((done) => {
  const reader = new FileReader();
  reader.addEventListener("load", () => done(reader.result.slice(reader.result.indexOf(",") + 1)));
  reader.readAsDataURL(blob);
});
at("keep").addEventListener("click", async () => {
  const { blob, name } = shown;
  const boxes = visible().map(({ label, left, top, width, height }) => ({ label, left, top, width, height }));
  const body = JSON.stringify({ name, picture: await base64(blob), boxes });
  try {
    const answer = await asked("to-label", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const told = await answer.json();
    if (!answer.ok) throw new Trouble("not_kept", told);
    say("kept", "kept", told);
  } catch (error) {
    complain(error);
  }
});

at("files").addEventListener("change", (event) => { take(event.target.files); event.target.value = ""; });
at("photograph").addEventListener("change", (event) => { take(event.target.files); event.target.value = ""; });
document.addEventListener("paste", (event) => take(event.clipboardData.files));
document.addEventListener("dragover", (event) => { event.preventDefault(); stage.classList.add("over"); });
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) stage.classList.remove("over"); });
document.addEventListener("drop", (event) => {
  event.preventDefault();
  stage.classList.remove("over");
  take(event.dataTransfer.files);
});
at("before").addEventListener("click", () => step(-1));
at("after").addEventListener("click", () => step(1));
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, select, pre")) return;
  if (event.key === "ArrowLeft") step(-1);
  if (event.key === "ArrowRight") step(1);
});
threshold.addEventListener("input", update);
at("language").addEventListener("change", (event) => { language = event.target.value; translate(); });

threshold.value = facts.threshold;
stage.classList.add("empty");
// A camera in the page needs a secure address; a telephone has its own.
at("photograph").hidden = window.isSecureContext;
at("camera").hidden = !window.isSecureContext;
for (const { title, text } of facts.pieces) {
  const [piece, heading, copy, code] = ["div", "h3", "button", "pre"].map((name) => document.createElement(name));
  piece.className = "piece";
  heading.append(title, copy);
  copy.type = "button";
  copy.dataset.word = "copy";
  copy.hidden = !navigator.clipboard;
  copy.addEventListener("click", () => navigator.clipboard.writeText(text));
  code.textContent = text;
  code.tabIndex = 0;
  piece.append(heading, code);
  at("pieces").append(piece);
}
if (facts.phone) {
  at("phone").hidden = false;
  at("qr").src = facts.phone.qr;
  at("phone-address").textContent = at("phone-address").href = facts.phone.address;
}
facts.heldOut.forEach((name, index) => addPicture(name, `held-out/${index}/thumbnail`, heldOut(index), false));
at("missing").textContent = facts.missing;
at("missing").hidden = !facts.missing;
translate();
pictures.querySelector("button")?.click();
