"""Completed instruments, and the tasks that a risk answer raises."""
