"""The addresses of the board."""

from django.urls import path

from posology.web.board import views

urlpatterns = [
    path("", views.board, name="board"),
    path("board/wall/", views.wall, name="board-wall"),
]
