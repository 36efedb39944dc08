import os
from collections import Counter

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from .forms import BookForm
from .models import Book


@require_http_methods(["GET", "HEAD", "POST"])
def shelf(request):
    """All books, or those in one language (`?language=`), and the form for a new one."""
    form = BookForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        book = form.save()
        messages.success(request, f"{book.title} is on the shelf.")
        return redirect("shelf")
    books, language = Book.objects.all(), request.GET.get("language")
    shown = books.filter(details__language=language) if language else books
    context = {
        "form": form,
        "books": shown,
        "languages": _languages(books),
        "language": language,
        "lost": sum(book.cover_is_lost for book in shown),
        "dyno": os.environ.get("DYNO", "this process"),
    }
    return render(request, "books/shelf.html", context, status=400 if form.errors else 200)


def _languages(books):
    """How many books there are in each language, read from the hstore column."""
    known = books.filter(details__has_key="language").values_list("details__language", flat=True)
    return sorted(Counter(known).items())


@require_POST
def remove(request, pk):
    book = get_object_or_404(Book, pk=pk)
    book.cover.delete(save=False)
    book.delete()
    messages.success(request, f"{book.title} is off the shelf.")
    return redirect("shelf")
