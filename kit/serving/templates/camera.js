// The camera: still and live. A frame is asked about when the one before is answered; those between are dropped.
const camera = { stream: null, isLive: false };
const video = document.getElementById("video");

const openCamera = async () => {
  if (!navigator.mediaDevices) throw new Trouble("camera_insecure");
  try {
    const wanted = { video: { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "environment" }, audio: false };
    camera.stream = await navigator.mediaDevices.getUserMedia(wanted);
  } catch (error) {
    const known = { NotAllowedError: "camera_denied", NotFoundError: "camera_missing", NotReadableError: "camera_taken" };
    throw new Trouble(known[error.name] ?? "camera_failed", { reason: error.message });
  }
  video.srcObject = camera.stream;
  await video.play();
};

const closeCamera = () => {
  camera.isLive = false;
  for (const track of camera.stream?.getTracks() ?? []) track.stop();
  camera.stream = null;
  video.srcObject = null;
};

const frame = () => onCanvas(video, video.videoWidth, video.videoHeight);

// Until it is told to stop: each frame with its boxes, and how many went by in a second.
const goLive = async (show, complain) => {
  camera.isLive = true;
  const answered = [];
  while (camera.isLive) {
    const picture = frame();
    const blob = await encoded(picture, "image/jpeg", 0.85);
    try {
      const found = await detect(blob, facts.headersLive);
      if (!camera.isLive) return;
      answered.push(performance.now());
      while (answered[0] < answered.at(-1) - 2000) answered.shift();
      const seconds = (answered.at(-1) - answered[0]) / 1000;
      show({ picture, blob, name: "camera.jpg", ...found, rate: seconds ? (answered.length - 1) / seconds : 0 });
    } catch (error) {
      if (!(error instanceof Trouble) || error.word !== "busy") throw error;
      complain(error);
      await new Promise((done) => { setTimeout(done, 1000); });
    }
  }
};
