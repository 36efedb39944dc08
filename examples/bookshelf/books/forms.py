from django import forms

from .models import Book

DETAILS = ("language", "year", "publisher")
MOST_BYTES = 5 * 1024 * 1024


class BookForm(forms.ModelForm):
    """A book, with each of its `DETAILS` in a field; those that are filled in go to the hstore column."""

    language = forms.CharField(max_length=50, required=False)
    year = forms.IntegerField(min_value=1, max_value=2100, required=False)
    publisher = forms.CharField(max_length=100, required=False)

    class Meta:
        model = Book
        fields = ["title", "author", "cover"]
        widgets = {"cover": forms.FileInput(attrs={"accept": "image/*"})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"

    def clean_cover(self):
        cover = self.cleaned_data["cover"]
        if cover and cover.size > MOST_BYTES:
            raise forms.ValidationError("A cover has at most 5 MB.")
        return cover

    def save(self, commit=True):
        filled = {name: self.cleaned_data[name] for name in DETAILS}
        self.instance.details = {name: str(value) for name, value in filled.items() if value}
        return super().save(commit)
