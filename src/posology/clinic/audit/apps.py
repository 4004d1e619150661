from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate


class AuditConfig(AppConfig):
    name = "posology.clinic.audit"
    label = "audit"

    def ready(self) -> None:
        from posology.clinic.audit import acting, triggers

        connection_created.connect(acting.register_functions, dispatch_uid="audit-functions")
        # A migration may copy a table; the triggers are made anew after the last one.
        pre_migrate.connect(triggers.before_migrations, sender=self, dispatch_uid="audit-off")
        post_migrate.connect(triggers.after_migrations, sender=self, dispatch_uid="audit-on")
