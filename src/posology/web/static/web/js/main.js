// Starts what a page may hold. Each part finds its own elements, and does nothing where there are none.

import { startBoard } from "./board.js";
import { startClock } from "./clock.js";
import { startCurves } from "./curves.js";
import { startDialogs } from "./dialogs.js";
import { startNotices } from "./notices.js";
import { startOffline } from "./offline.js";
import { startPad } from "./pad.js";
import { startSound } from "./sound.js";
import { startTheme } from "./theme.js";
import { startTimers } from "./timers.js";

startTheme();
startClock();
startTimers();
startDialogs();
startPad();
startBoard();
startNotices();
startSound();
startCurves();
startOffline();

// What needs another look is told first, to eyes and to screen readers alike.
document.querySelector("[data-error-summary]")?.focus();
