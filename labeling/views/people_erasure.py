"""The superuser's page that takes a person out of their account."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from labeling.services.person_erasure import erase_person
from people.models import User
from people.rules import check_erase_people
from people.services.anonymising import NotToErase, is_erased


def erase(request: HttpRequest, pk: int) -> HttpResponse:
    """What goes and what stays; POST with the username typed again erases the account."""
    check_erase_people(request.user)
    person = User.objects.filter(pk=pk).first()
    if person is None:
        raise Http404("There is no such person.")
    error = ""
    if request.method == "POST":
        if request.POST.get("username", "").strip() != person.username:
            error = "Type the username as it is written above."
        else:
            try:
                erased = erase_person(
                    by=request.user, person=person, blank_words="blank_words" in request.POST
                )
            except NotToErase as refused:
                error = str(refused)
            else:
                messages.success(request, f"Erased. The account is {erased.account.pseudonym} now.")
                return redirect("erase-person", pk)
    context = {
        "person": person,
        "is_erased": is_erased(person),
        "answers": person.answers.count(),
        "projects": person.memberships.count(),
        "error": error,
    }
    return render(request, "labeling/people/erase.html", context, status=400 if error else 200)
