// What is sent to the endpoint, and what comes back.
"use strict";
const facts = JSON.parse(document.getElementById("facts").textContent);
// A picture larger than that, or of more bytes than an endpoint takes, is made smaller before it is sent.
const LONGEST_SIDE = 4096;

// A sentence for people: the name of its words, and what fills them.
class Trouble extends Error {
  constructor(word, filling = {}) {
    super(word);
    this.word = word;
    this.filling = filling;
  }
}

// EXIF's orientation of a JPEG, 1 where it says none: what the endpoint is sent has to be upright without it.
const orientation = async (file) => {
  const view = new DataView(await file.slice(0, 1 << 17).arrayBuffer());
  try {
    for (let at = 2; view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
      if (view.getUint16(at) !== 0xffe1 || view.getUint32(at + 4) !== 0x45786966) continue;
      const tiff = at + 10;
      const little = view.getUint16(tiff) === 0x4949;
      const table = tiff + view.getUint32(tiff + 4, little);
      for (let entry = 0; entry < view.getUint16(table, little); entry += 1) {
        const place = table + 2 + 12 * entry;
        if (view.getUint16(place, little) === 0x0112) return view.getUint16(place + 8, little);
      }
      return 1;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // the block ends before it says
  }
  return 1;
};

const encoded = (canvas, type, quality) => new Promise((done) => { canvas.toBlob(done, type, quality); });

const onCanvas = (source, width, height) => {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width));
  canvas.height = Math.max(1, Math.round(height));
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff"; // what is transparent is white, as in a run
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
};

// The bytes to send for a picture, and its pixels. A JPEG that is upright goes as it is.
const prepared = async (file, bitmap) => {
  const { width, height } = bitmap;
  const fits = file.size <= facts.largestBody && Math.max(width, height) <= LONGEST_SIDE;
  const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const isJpeg = head[0] === 0xff && head[1] === 0xd8;
  if (fits && isJpeg && (await orientation(file)) === 1) return { blob: file, bitmap };
  let scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  if (fits && !isJpeg) {
    const exact = await encoded(onCanvas(bitmap, width, height), "image/png");
    if (exact.size <= facts.largestBody) return { blob: exact, bitmap };
  }
  for (;;) {
    const canvas = onCanvas(bitmap, width * scale, height * scale);
    const blob = await encoded(canvas, "image/jpeg", 0.95);
    if (blob.size <= facts.largestBody) return { blob, bitmap: await createImageBitmap(canvas) };
    scale /= 1.5;
  }
};

// A file as a picture: by the browser, else (HEIC, TIFF) by the kit.
const read = async (file) => {
  try {
    return await prepared(file, await createImageBitmap(file));
  } catch (error) {
    if (error.name !== "InvalidStateError" && error.name !== "EncodingError") throw error;
  }
  if (file.size > facts.largestUpload) throw new Trouble("too_large", { name: file.name });
  const answer = await asked("pictures", { method: "POST", body: file });
  if (answer.status === 400) {
    throw new Trouble("damaged", { name: file.name, reason: (await answer.json()).reason });
  }
  if (!answer.ok) throw new Trouble("refused", { reason: `${answer.status}` });
  const blob = await answer.blob();
  return { blob, bitmap: await createImageBitmap(blob) };
};

// A browser gives up all that is under way when the machine's network changes: a container starts, a telephone changes
// from one network to another. Nothing that is asked here does harm when it is asked twice.
const PAUSES = [300, 1000];
const pause = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });

// The whole answer, its body included, or a sentence why there is none.
const asked = async (address, options) => {
  for (let tries = 0; ; tries += 1) {
    try {
      const answer = await fetch(address, { ...options, signal: AbortSignal.timeout(90_000) });
      return new Response(await answer.blob(), answer);
    } catch (error) {
      if (error.name === "TimeoutError") throw new Trouble("no_answer");
      if (tries === PAUSES.length) throw new Trouble("gone");
    }
    await pause(PAUSES[tries]);
  }
};

// The endpoint's answer to a picture, and how long it took.
const detect = async (blob, headers = facts.headers) => {
  const address = `endpoints/${facts.endpoint}/invocations`;
  const begun = performance.now();
  const response = await asked(address, { method: "POST", headers, body: blob });
  const text = await response.text();
  const milliseconds = performance.now() - begun;
  if (!response.ok) throw refusal(response, text);
  return { answer: JSON.parse(text), milliseconds, request: { address, headers, bytes: blob.size } };
};

const refusal = (response, text) => {
  let error = {};
  try {
    error = JSON.parse(text);
  } catch {
    error = { Message: text }; // not from the endpoint: a proxy, say
  }
  const status = error.OriginalStatusCode ?? response.status;
  const reason = (error.OriginalMessage ?? error.Message ?? `${status}`).trim();
  if ((response.headers.get("x-amzn-errortype") ?? "").startsWith("ValidationError")) return new Trouble("no_endpoint");
  const known = { 0: "no_answer", 400: "unreadable", 403: "no_page", 408: "no_answer", 413: "too_large", 415: "not_taken", 503: "busy" };
  return new Trouble(known[status] ?? "refused", { reason, name: "" });
};
