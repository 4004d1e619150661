"""Line icons on a grid of 20, drawn for this product; shape tells them apart without colour."""

ICONS = {
    "stop": '<path class="icon-fill" d="M6.5 1.5h7l5 5v7l-5 5h-7l-5-5v-7z"/>'
    '<path class="icon-cut" d="M6 10h8"/>',
    "hold": '<rect class="icon-fill" x="2" y="2" width="16" height="16" rx="2"/>'
    '<path class="icon-cut" d="M7.5 6.5v7M12.5 6.5v7"/>',
    "caution": '<path d="M10 2.5L18.5 17H1.5z"/><path d="M10 8v4.5M10 14.3v.4"/>',
    "check": '<path d="M3.5 10.5l4.5 4.5 8.5-10"/>',
    "question": '<circle cx="10" cy="10" r="8" stroke-dasharray="3 2.2"/>'
    '<path d="M7.6 7.8a2.4 2.4 0 1 1 3.6 2.1c-.8.4-1.2.9-1.2 1.8M10 14.2v.4"/>',
    "clock": '<circle cx="10" cy="10" r="8"/><path d="M10 5.5V10l3 2"/>',
    "overdue": '<circle class="icon-fill" cx="10" cy="10" r="9"/>'
    '<path class="icon-cut" d="M10 5v6M10 14v.4"/>',
    "stale": '<path d="M5 2h10M5 18h10M6 2v3.5L10 10l4-4.5V2M6 18v-3.5L10 10l4 4.5V18"/>',
    "play": '<path d="M6 3.5v13l10-6.5z"/>',
    "pen": '<path d="M3 17l1-4L14 3l3 3L7 16z"/>',
    "send": '<path d="M10 17V4M4.5 9L10 3.5 15.5 9"/>',
    "plus": '<path d="M10 4v12M4 10h12"/>',
    "minus": '<path d="M4 10h12"/>',
    "chevron": '<path d="M7 4l6 6-6 6"/>',
    "close": '<path d="M4.5 4.5l11 11M15.5 4.5l-11 11"/>',
    "erase": '<path d="M7 4h11v12H7l-5-6zM10 7.5l5 5M15 7.5l-5 5"/>',
    "next": '<path d="M3 10h13M11 5l5 5-5 5"/>',
    "print": '<path d="M6 7V2h8v5M6 14H2V7h16v7h-4M6 11.5h8V18H6z"/>',
    "sound": '<path d="M3 7.5v5h3.5L11 16V4L6.5 7.5z"/>'
    '<path d="M13.5 7a4 4 0 0 1 0 6M15.8 4.7a7.3 7.3 0 0 1 0 10.6"/>',
    "sound-off": '<path d="M3 7.5v5h3.5L11 16V4L6.5 7.5z"/><path d="M13.5 7.5l4.5 5M18 7.5l-4.5 5"/>',
    "theme": '<circle cx="10" cy="10" r="7.5"/><path class="icon-fill" d="M10 2.5a7.5 7.5 0 0 1 0 15z"/>',
}
