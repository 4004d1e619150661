"""The fixed words of the papers. Those for patients are short, and say nothing of the illness."""

WITHOUT_THE_NETWORK = (
    "this sheet records what people do and permits nothing. The order may have been stopped after it was "
    "printed. Before a dose starts, or goes on after a pause, ask the prescriber, and write down who said so "
    "and when. No answer: do not start."
)
AFTERWARDS = (
    "enter every line on the session's page with the time written here; it is marked as late. Enter first "
    "the start, the end and the devices, then the readings, then the rest. Then look at what does not fit. "
    "Keep this sheet with the record."
)
# S-DRV-01: no driving or dangerous machines until the next day after restful sleep.
UNTIL_TOMORROW = (
    "Do not drive. You may drive from tomorrow, {tomorrow}, and only after a good night's sleep.",
    "Do not use machines or tools that can hurt you until then.",
    "Go home with the person who came for you, or in the way you agreed with the staff.",
)
# S-BP-05: signs that go to emergency care.
EMERGENCY = (
    "pain in your chest, or you cannot breathe well",
    "a sudden, very bad headache",
    "you see badly, cannot speak well, or one side of you is weak",
    "a fit, or nobody can wake you well",
    "you think of hurting yourself or of ending your life",
)
LEAVING = {
    "opening": "You may still feel sleepy or dizzy today. Rest, and take it slowly.",
    "emergency": "Call the emergency number at once, or ask somebody to call, if you have:",
    "closing": "Show this page to the person who goes home with you.",
}
