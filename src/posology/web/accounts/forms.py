"""The sign-in form. It checks that something was typed; whether it is right is asked elsewhere."""

from django import forms


class SignInForm(forms.Form):
    username = forms.CharField(
        label="Name you sign in with",
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
        error_messages={"required": "Type the name you sign in with."},
    )
    password = forms.CharField(
        label="Password",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Type your password."},
    )
