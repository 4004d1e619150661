"""The addresses of what is pushed."""

from django.urls import path

from posology.web.live import views

urlpatterns = [
    path("board/stream/", views.stream, name="board-stream"),
    path("notices/", views.notices, name="notices"),
]
