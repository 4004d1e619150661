// One soft sound for a new notice, where a person has tested it here. Until then the board says that it has no sound.
//
// A single low tone that falls by a fourth: unlike the bursts of three and five pulses of a monitor, for which nobody
// should take it. A browser allows sound only after a touch, so after a reload the page may be silent until one comes.

const SHIFT_MS = 12 * 3600 * 1000;
const KEY = "sound-heard-at";

let audio = null;
let tested = false;
let asking = false; // a tone was played, and nobody has said yet whether it was heard

function tone() {
  const start = audio.currentTime;
  const gain = audio.createGain();
  gain.gain.setValueAtTime(0.0001, start);
  gain.gain.exponentialRampToValueAtTime(0.35, start + 0.08);
  gain.gain.exponentialRampToValueAtTime(0.0001, start + 0.9);
  const wave = audio.createOscillator();
  wave.type = "sine";
  wave.frequency.setValueAtTime(392, start);
  wave.frequency.exponentialRampToValueAtTime(294, start + 0.5);
  wave.connect(gain).connect(audio.destination);
  wave.start(start);
  wave.stop(start + 1);
}

function isOn() {
  return tested && audio?.state === "running";
}

function paint(strip) {
  strip.dataset.sound = isOn() ? "on" : "off";
  const word = isOn() ? "Sound on" : "No sound";
  const more = asking
    ? "Did you hear a tone?"
    : isOn()
      ? "A tone sounds when something becomes overdue."
      : tested
        ? "Touch the page once, and it is on again."
        : "What is overdue is shown, and not heard.";
  for (const [name, text] of [["word", word], ["more", more]]) {
    const place = strip.querySelector(`[data-sound-${name}]`);
    if (place.textContent !== text) place.textContent = text;
  }
  strip.querySelector("[data-sound-test]").hidden = asking;
  strip.querySelector("[data-sound-heard]").hidden = !asking;
  strip.querySelector("[data-sound-not]").hidden = !asking;
}

async function wake() {
  audio ??= new AudioContext();
  audio.onstatechange = () => paint(document.querySelector("[data-sound]"));
  // Where there is nothing to sound from, a browser may never answer; then there is no sound, and it is said.
  await Promise.race([audio.resume(), new Promise((done) => setTimeout(done, 1500))]);
}

export function sound() {
  if (isOn()) tone();
}

export function startSound() {
  const strip = document.querySelector("[data-sound]");
  if (!strip || !("AudioContext" in window)) return;
  tested = Date.now() - Number(sessionStorage.getItem(KEY) ?? 0) < SHIFT_MS;
  const answer = (didHear) => {
    tested = didHear;
    asking = false;
    if (didHear) sessionStorage.setItem(KEY, String(Date.now()));
    else sessionStorage.removeItem(KEY);
    paint(strip);
  };
  strip.querySelector("[data-sound-test]").addEventListener("click", async () => {
    await wake();
    tone();
    asking = true;
    paint(strip);
    strip.querySelector("[data-sound-heard]").focus();
  });
  strip.querySelector("[data-sound-heard]").addEventListener("click", () => answer(true));
  strip.querySelector("[data-sound-not]").addEventListener("click", () => answer(false));
  const touched = () => tested && audio === null && wake();
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, touched);
  paint(strip);
}
