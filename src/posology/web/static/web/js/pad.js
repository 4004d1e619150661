// The keys of the reading pad: big digits that type into the box which was touched last, and go on when it is full.
// Everything also works by keyboard alone, and without this file.

let lastBox = null;

function boxesOf(pad) {
  return [...pad.querySelectorAll(".pad-input")];
}

function target(pad) {
  return lastBox && pad.contains(lastBox) ? lastBox : boxesOf(pad)[0];
}

// What is filled one after the other; the time, which is mostly left empty, is not among them.
function goOn(pad, box) {
  const boxes = boxesOf(pad).filter((one) => one === box || !("aside" in one.dataset));
  const next = boxes[boxes.indexOf(box) + 1];
  if (next) next.focus();
  else pad.querySelector('.segments input, [type="submit"]')?.focus();
}

function type(pad, box, key) {
  if (key === "." && (!("decimal" in box.dataset) || box.value.includes("."))) return;
  box.value += key;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  if (isFull(box)) goOn(pad, box);
}

// A first digit of 1 or 2 leads to three digits, any other to two; a person may still add one by hand.
function isFull(box) {
  const expected = Math.min(Number(box.dataset.digits), /^[12]/.test(box.value) ? 3 : 2);
  return !("decimal" in box.dataset) && box.value.length >= expected;
}

// On glass there is no Tab key: a number that is whole leads on, as it does with the keys of the page.
function typedOnGlass(event) {
  const box = event.target;
  if (!event.isTrusted || event.inputType !== "insertText" || !box.matches?.(".pad-input")) return;
  if (box.selectionStart === box.value.length && isFull(box)) goOn(box.closest("[data-pad]"), box);
}

function press(pad, key) {
  const box = target(pad);
  if (!box) return;
  box.focus();
  if (key === "next") goOn(pad, box);
  else if (key === "erase") box.value = box.value.slice(0, -1);
  else type(pad, box, key);
}

export function startPad() {
  const touch = matchMedia("(pointer: coarse)").matches;
  const prepare = () => {
    for (const keys of document.querySelectorAll("[data-pad] [data-keys][hidden]")) {
      keys.hidden = false;
      // The keys stand in the page, so the tablet's own keyboard need not cover half of it.
      if (touch && keys.offsetParent) for (const box of boxesOf(keys.closest("[data-pad]"))) box.inputMode = "none";
    }
  };
  prepare();
  document.addEventListener("htmx:afterSettle", prepare);
  document.addEventListener("focusin", (event) => {
    if (event.target.matches?.(".pad-input")) lastBox = event.target;
  });
  if (touch) document.addEventListener("input", typedOnGlass);
  document.addEventListener("click", (event) => {
    const key = event.target.closest?.("[data-key]");
    if (key) press(key.closest("[data-pad]"), key.dataset.key);
  });
}
