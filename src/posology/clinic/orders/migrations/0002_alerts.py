"""What stood before a signature or a decision for none, and what was answered."""

import django.db.models.deletion
import uuid

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0001_initial"),
        ("patients", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertRow",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("rule", models.CharField(max_length=120)),
                ("level", models.CharField(max_length=7)),
                ("interrupts", models.BooleanField()),
                (
                    "answer",
                    models.CharField(
                        choices=[
                            ("passed", "Passed"),
                            ("heeded", "Heeded"),
                            ("overridden", "Overridden"),
                            ("noted", "Noted"),
                            ("not ordered", "Not Ordered"),
                        ],
                        max_length=11,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decision",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alerts",
                        to="orders.decisionrow",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alerts",
                        to="orders.orderrow",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="patients.patient"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("order", "rule"), name="alert_once_an_order"),
                    models.UniqueConstraint(fields=("decision", "rule"), name="alert_once_a_decision"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decision__isnull", True), ("order__isnull", False)),
                            models.Q(("decision__isnull", False), ("order__isnull", True)),
                            _connector="OR",
                        ),
                        name="alert_of_an_order_or_a_decision",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("answer__in", ["passed", "heeded", "overridden", "noted"]),
                                ("decision__isnull", True),
                            ),
                            models.Q(("answer", "not ordered"), ("decision__isnull", False)),
                            _connector="OR",
                        ),
                        name="alert_answer",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("answer__in", ["passed", "overridden"]),
                                models.Q(("reason", ""), _negated=True),
                            ),
                            models.Q(("answer__in", ["heeded", "noted", "not ordered"]), ("reason", "")),
                            _connector="OR",
                        ),
                        name="alert_reason_where_it_was_passed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("interrupts", True), models.Q(("answer", "noted"), _negated=True)),
                            models.Q(("answer", "noted"), ("interrupts", False)),
                            _connector="OR",
                        ),
                        name="alert_note_interrupts_nobody",
                    ),
                ],
            },
        ),
    ]
