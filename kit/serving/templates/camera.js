// The camera: still and live. Frames are asked about two at a time; those for which there is no time are dropped.
const AT_A_TIME = 2;
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

// As long as it is wanted: each frame with its boxes, and how many went by in a second. While one is on its way and
// back, encoded and drawn, another is worked on; what comes back after a later one is dropped.
const goLive = async (isWanted, show, complain) => {
  let taken = 0;
  let latest = 0;
  const times = [];
  const lane = async () => {
    while (isWanted()) {
      const number = (taken += 1);
      const picture = frame();
      const blob = await encoded(picture, "image/jpeg", 0.85);
      try {
        const found = await detect(blob, facts.headersLive);
        if (!isWanted()) return;
        if (number < latest) continue;
        latest = number;
        times.push(performance.now());
        while (times[0] < times.at(-1) - 2000) times.shift();
        const seconds = (times.at(-1) - times[0]) / 1000;
        show({ picture, blob, name: "camera.jpg", ...found, rate: seconds ? (times.length - 1) / seconds : 0 });
      } catch (error) {
        if (!isWanted()) return;
        if (!(error instanceof Trouble) || error.word !== "busy") throw error;
        complain(error);
        await pause(1000);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
};
