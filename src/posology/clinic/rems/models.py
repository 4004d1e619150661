"""What a programme asks the clinic to keep: each table only grows, and the latest row of a thing counts.

Nothing of a session's events is repeated here but in a finalised form, which is the text that was signed.
"""

from django.db import models
from django.db.models import Q

from posology.clinic.accounts.models import Clinic, User
from posology.clinic.patients.models import Patient
from posology.clinic.scope import scoped
from posology.clinic.sessions.models import SessionRow

LONGEST_REASON = 300
LONGEST_ANSWER = 2000
PATIENTS_CLINIC = "SELECT clinic_id FROM patients_patient WHERE id = {row}.patient_id"
SESSIONS_CLINIC = (
    "SELECT p.clinic_id FROM sessions_sessionrow s JOIN patients_patient p ON p.id = s.patient_id "
    "WHERE s.id = {row}.session_id"
)


class Setting(models.TextChoices):
    OUTPATIENT = "outpatient", "Outpatient"
    INPATIENT = "inpatient", "Inpatient or emergency"


class Standing(models.TextChoices):
    """Whether a certification or an enrolment begins, or ends."""

    BEGINS = "begins"
    ENDS = "ends"


class SiteCertification(models.Model):
    """The site's certification for one setting, or its end."""

    append_only = True
    audit_clinic = "{row}.clinic_id"

    id = models.UUIDField(primary_key=True)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    programme = models.CharField(max_length=60)
    setting = models.CharField(max_length=10, choices=Setting)
    kind = models.CharField(max_length=6, choices=Standing)
    on = models.DateField()
    number = models.CharField(max_length=60, blank=True)
    representative = models.CharField(max_length=120, blank=True)
    address = models.CharField(max_length=300, blank=True)
    because = models.CharField(max_length=LONGEST_REASON, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = scoped("clinic")

    class Meta:
        indexes = [models.Index(fields=["clinic", "at"], name="certification_latest")]
        constraints = [
            models.CheckConstraint(condition=Q(setting__in=Setting.values), name="certification_setting"),
            models.CheckConstraint(
                condition=(Q(kind="begins") & ~Q(number="") & ~Q(representative="") & ~Q(address=""))
                | (Q(kind="ends") & ~Q(because="")),
                name="certification_is_whole",
            ),
        ]


class Enrolment(models.Model):
    """A patient's enrolment, signed by the patient and a prescriber, or its end."""

    append_only = True
    audit_clinic = PATIENTS_CLINIC

    id = models.UUIDField(primary_key=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    programme = models.CharField(max_length=60)
    kind = models.CharField(max_length=6, choices=Standing)
    on = models.DateField()  # enrolled, or ended
    number = models.CharField(max_length=60, blank=True)
    patient_signed_on = models.DateField(null=True)
    prescriber = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    prescriber_signed_on = models.DateField(null=True)
    because = models.CharField(max_length=LONGEST_REASON, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = scoped("patient__clinic")

    class Meta:
        indexes = [models.Index(fields=["patient", "at"], name="enrolment_latest")]
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(
                        kind="begins",
                        patient_signed_on__lte=models.F("on"),
                        prescriber_signed_on__lte=models.F("on"),
                        prescriber__isnull=False,
                    )
                    & ~Q(number="")
                )
                | (Q(kind="ends", patient_signed_on__isnull=True, prescriber__isnull=True) & ~Q(because="")),
                name="enrolment_is_signed_by_both",
            )
        ]


class StaffContact(models.Model):
    """How the programme reaches a person of the staff; the latest row counts."""

    append_only = True
    audit_clinic = "SELECT clinic_id FROM accounts_user WHERE id = {row}.person_id"

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    telephone = models.CharField(max_length=40)
    email = models.CharField(max_length=120)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = scoped("person__clinic")

    class Meta:
        indexes = [models.Index(fields=["person", "at"], name="contact_latest")]
        constraints = [
            models.CheckConstraint(condition=~Q(telephone="") & ~Q(email=""), name="contact_is_whole")
        ]


class SessionAnswer(models.Model):
    """What only a person could know of one session, asked once; a change is a new row.

    ``because`` says why a session is in another setting than is usual at the site.
    """

    append_only = True
    audit_session = "{row}.session_id"

    id = models.UUIDField(primary_key=True)
    session = models.ForeignKey(SessionRow, on_delete=models.PROTECT, related_name="+")
    field = models.CharField(max_length=40)  # of the form; or "setting"
    value = models.CharField(max_length=LONGEST_ANSWER)
    because = models.CharField(max_length=LONGEST_REASON, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = scoped("session__patient__clinic")

    class Meta:
        indexes = [models.Index(fields=["session", "at"], name="answer_latest")]
        constraints = [
            models.CheckConstraint(condition=~Q(value="") & ~Q(field=""), name="answer_is_told"),
            models.CheckConstraint(
                condition=~Q(field="setting") | Q(value__in=Setting.values), name="answer_setting"
            ),
            models.CheckConstraint(
                condition=Q(field="setting") | Q(because=""), name="answer_because_of_a_setting"
            ),
        ]


class FinalForm(models.Model):
    """One finalised form: the text that was looked at, its hash, who and when; amended by a new row."""

    append_only = True
    audit_session = "{row}.session_id"

    id = models.UUIDField(primary_key=True)
    session = models.ForeignKey(SessionRow, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    programme = models.CharField(max_length=60)
    version = models.CharField(max_length=20)
    knowledge_sha256 = models.CharField(max_length=64)  # of the programme's file
    body = models.TextField()  # treatment.rems.Form.canonical()
    sha256 = models.CharField(max_length=64)
    because = models.CharField(max_length=LONGEST_REASON, blank=True)  # why it was amended
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = scoped("session__patient__clinic")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "number"], name="final_form_one_a_number"),
            models.CheckConstraint(
                condition=Q(number=1, because="") | (Q(number__gt=1) & ~Q(because="")),
                name="final_form_amended_with_a_reason",
            ),
        ]


class SentForm(models.Model):
    """That a finalised form was given to the programme, how, and on which day."""

    append_only = True
    audit_session = "(SELECT f.session_id FROM rems_finalform f WHERE f.id = {row}.form_id)"

    id = models.UUIDField(primary_key=True)
    form = models.OneToOneField(FinalForm, on_delete=models.PROTECT, related_name="sent")
    on = models.DateField()
    way = models.CharField(max_length=120)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = scoped("form__session__patient__clinic")

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(way=""), name="sent_form_says_how")]
