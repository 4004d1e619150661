"""The addresses of a programme's pages."""

from django.urls import path

from posology.web.rems.form_views import final_json, final_pdf, session_form
from posology.web.rems.views import listing, patient_enrolment, site

urlpatterns = [
    path("rems/", listing, name="rems"),
    path("rems/site/", site, name="rems-site"),
    path("rems/forms/<uuid:final>/form.pdf", final_pdf, name="rems-pdf"),
    path("rems/forms/<uuid:final>/form.json", final_json, name="rems-json"),
    path("sessions/<uuid:session>/monitoring-form/", session_form, name="session-rems"),
    path("patients/<uuid:patient>/rems/", patient_enrolment, name="patient-rems"),
]
