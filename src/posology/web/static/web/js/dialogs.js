// Native dialogs: opened by a button that names them, closed by the safe one or by Escape. Toasts are closed by hand.

export function startDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();

    const safe = event.target.closest?.("[data-closes-dialog] button");
    if (safe) {
      event.preventDefault();
      safe.closest("dialog").close();
    }

    event.target.closest?.("[data-closes-notice]")?.closest(".notice").remove();
  });
  // A dialog that the server sent open becomes modal where scripts run.
  for (const dialog of document.querySelectorAll("dialog[open]")) {
    dialog.close();
    dialog.showModal();
  }
}
