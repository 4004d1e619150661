from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "posology.clinic.sessions"
    label = "treatment_sessions"  # Django's own sign-in sessions are called "sessions"
