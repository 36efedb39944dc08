import shutil
import tempfile
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, TestCase, override_settings

from .models import Book

PIXEL = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
PLAIN = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
DISK = {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}


@override_settings(STORAGES=PLAIN | DISK)
class ShelfTest(TestCase):
    def setUp(self):
        self.disk = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.disk, ignore_errors=True)
        self.enterContext(override_settings(MEDIA_ROOT=self.disk))

    def add(self, **fields):
        fields = {"title": "Emma", "author": "Jane Austen", "language": "English", "year": "1815"} | fields
        return self.client.post("/", fields, follow=True)

    def test_details_go_to_hstore_and_can_be_asked_for(self):
        self.add()
        self.add(title="Faust", author="Goethe", language="German", year="")
        self.assertEqual(Book.objects.get(title="Emma").details, {"language": "English", "year": "1815"})
        page = self.client.get("/?language=German")
        self.assertContains(page, "Faust")
        self.assertNotContains(page, "Emma")

    def test_a_row_outlives_its_cover(self):
        page = self.add(cover=SimpleUploadedFile("emma.gif", PIXEL))
        self.assertContains(page, "/media/covers/emma")
        self.assertNotContains(page, "cover lost")
        shutil.rmtree(self.disk)
        page = self.client.get("/")
        self.assertContains(page, "1 cover lost")
        self.assertContains(page, "Emma")

    def test_only_images_are_covers(self):
        page = self.add(cover=SimpleUploadedFile("emma.html", b"<script>"))
        self.assertEqual(page.status_code, 400)
        self.assertFalse(Book.objects.exists())

    def test_a_removed_book_takes_its_cover_along(self):
        self.add(cover=SimpleUploadedFile("emma.gif", PIXEL))
        self.client.post(f"/books/{Book.objects.get().pk}/remove")
        self.assertEqual([path for path in self.disk.rglob("*") if path.is_file()], [])

    def test_the_names_localku_and_heroku_give_it_are_allowed(self):
        for host in ["bookshelf.localhost:5000", "localhost:5000", "127.0.0.1:5000", "bookshelf-1a2b.herokuapp.com"]:
            self.assertEqual(Client(headers={"host": host}).get("/").status_code, 200, host)
        self.assertEqual(Client(headers={"host": "example.com"}).get("/").status_code, 400)
