// The camera in the browser: while one of the buttons is held, frames are taken; on release they go to the server.

const cameras = new WeakMap(); // by instance: the page runs anew at every press, the camera stays on

export default function (component) {
  const root = component.parentElement;
  const camera = cameras.get(root) ?? { stream: null, burst: null };
  cameras.set(root, camera);
  camera.data = component.data;
  camera.send = (burst) => component.setTriggerValue("burst", burst);
  camera.ask = (frame) => component.setTriggerValue("frame", frame);

  root.querySelector(".switch").onclick = () => (camera.stream ? turnOff(root, camera) : turnOn(root, camera));
  drawButtons(root, camera);
  draw(root, camera);
  follow(root, camera);
  return () => turnOff(root, camera);
}

async function turnOn(root, camera) {
  if (!navigator.mediaDevices) {
    tell(root, "Browsers open the camera only for pages of this machine or over https.");
    return;
  }
  tell(root, "The browser asks whether the camera may be used.");
  try {
    const size = { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "environment" };
    camera.stream = await navigator.mediaDevices.getUserMedia({ video: size, audio: false });
    tell(root, "");
  } catch (error) {
    tell(root, error.name === "NotAllowedError"
      ? "The camera was not allowed. Allow it beside the address of this page and turn it on again."
      : "No camera was found, or another program uses it.");
  }
  if (!root.isConnected && camera.stream) turnOff(root, camera); // the page was left while the browser asked
  draw(root, camera);
  follow(root, camera);
}

function turnOff(root, camera) {
  release(root, camera);
  clearTimeout(camera.next);
  camera.stream?.getTracks().forEach((track) => track.stop());
  camera.stream = camera.underWay = null;
  draw(root, camera);
}

function draw(root, camera) {
  const video = root.querySelector("video");
  if (video.srcObject !== camera.stream) video.srcObject = camera.stream;
  root.querySelector(".stage").hidden = !camera.stream;
  root.querySelector(".switch").textContent = camera.stream ? "Turn the camera off" : "Turn the camera on";
  for (const button of root.querySelectorAll(".classes button")) button.disabled = !camera.stream;
}

function drawButtons(root, camera) {
  const row = root.querySelector(".classes");
  const names = camera.data.buttons;
  if (row.dataset.names === JSON.stringify(names)) return; // a button that is held must not be replaced
  row.dataset.names = JSON.stringify(names);
  row.replaceChildren(...names.map((name, place) => classButton(root, camera, name, place)));
}

function classButton(root, camera, name, place) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = name; // as text: names are a person's
  button.setAttribute("aria-label", `Hold to take pictures of ${name}`);
  const isKey = (event) => event.key === " " || event.key === "Enter";
  button.onpointerdown = (event) => {
    if (event.button !== 0) return;
    button.setPointerCapture(event.pointerId); // a finger that slides off still holds
    hold(root, camera, place, button);
  };
  // Not whoever else is held: the button that was held before loses the focus after this one has begun.
  const letGo = () => camera.burst?.button === button && release(root, camera);
  button.onpointerup = button.onpointercancel = button.onblur = letGo;
  button.onkeydown = (event) => {
    if (!isKey(event)) return;
    event.preventDefault();
    if (!event.repeat) hold(root, camera, place, button);
  };
  button.onkeyup = (event) => isKey(event) && letGo();
  button.oncontextmenu = (event) => event.preventDefault(); // what a long touch would open
  return button;
}

function hold(root, camera, place, button) {
  if (camera.burst || !camera.stream) return;
  camera.burst = { place, frames: [], button };
  button.classList.add("held");
  const take = () => {
    camera.burst.frames.push(grab(root, camera));
    tell(root, `${camera.burst.frames.length} of at most ${camera.data.max_frames}`);
    if (camera.burst.frames.length >= camera.data.max_frames) release(root, camera);
  };
  camera.burst.timer = setInterval(take, 1000 / camera.data.frames_per_s);
  take();
}

function release(root, camera) {
  if (!camera.burst) return;
  const { place, frames, button, timer } = camera.burst;
  clearInterval(timer);
  button.classList.remove("held");
  camera.burst = null;
  camera.send({ place, frames });
}

// One frame is under way at a time, so that what is answered is always the newest and nothing queues up.
function follow(root, camera) {
  if (!camera.data.is_live || !camera.stream) return;
  const now = performance.now();
  if (camera.underWay && camera.data.answered >= camera.underWay.number) {
    root.querySelector(".camera").dataset.latency = Math.round(now - camera.underWay.at); // ms, for whoever measures
    camera.underWay = null;
  }
  const isLost = camera.underWay && now - camera.underWay.at > 20000;
  clearTimeout(camera.next);
  if ((camera.underWay && !isLost) || document.hidden || !root.querySelector("video").videoWidth) {
    camera.next = setTimeout(() => follow(root, camera), 200);
    return;
  }
  const due = (camera.askedAt ?? 0) + 1000 / camera.data.frames_per_s - now;
  if (due > 0) {
    camera.next = setTimeout(() => follow(root, camera), due);
    return;
  }
  camera.askedAt = now;
  camera.underWay = { number: Math.max(camera.data.answered, camera.number ?? 0) + 1, at: now };
  camera.number = camera.underWay.number;
  camera.ask({ number: camera.number, frame: grab(root, camera) });
  camera.next = setTimeout(() => follow(root, camera), 200);
}

function grab(root, camera) {
  const video = root.querySelector("video");
  const scale = Math.min(1, camera.data.side_px / Math.max(video.videoWidth, video.videoHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", 0.9).split(",")[1] ?? "";
}

function tell(root, words) {
  root.querySelector("[role=status]").textContent = words;
}
