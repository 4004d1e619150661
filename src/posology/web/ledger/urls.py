"""The addresses of the ledger's pages."""

from django.urls import path

from posology.web.ledger.acting import close, count, open_one, receive
from posology.web.ledger.parts import container, discrepancy, lot, take_back
from posology.web.ledger.report_views import as_csv, as_pdf, report
from posology.web.ledger.views import today

urlpatterns = [
    path("ledger/", today, name="ledger"),
    path("ledger/receive/", receive, name="ledger-receive"),
    path("ledger/open/", open_one, name="ledger-open"),
    path("ledger/count/", count, name="ledger-count"),
    path("ledger/close/", close, name="ledger-close"),
    path("ledger/lots/<uuid:entry>/", lot, name="ledger-lot"),
    path("ledger/containers/<uuid:entry>/", container, name="ledger-container"),
    path("ledger/discrepancies/<uuid:entry>/", discrepancy, name="ledger-discrepancy"),
    path("ledger/entries/<uuid:entry>/take-back/", take_back, name="ledger-take-back"),
    path("ledger/report/", report, name="ledger-report"),
    path("ledger/report/ledger.pdf", as_pdf, name="ledger-pdf"),
    path("ledger/report/ledger.csv", as_csv, name="ledger-csv"),
]
