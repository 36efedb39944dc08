import django.contrib.postgres.fields.hstore
import django.core.validators
from django.contrib.postgres.operations import HStoreExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        HStoreExtension(),
        migrations.CreateModel(
            name="Book",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=200)),
                ("author", models.CharField(max_length=200)),
                ("details", django.contrib.postgres.fields.hstore.HStoreField(blank=True, default=dict)),
                (
                    "cover",
                    models.FileField(
                        blank=True,
                        upload_to="covers/",
                        validators=[
                            django.core.validators.FileExtensionValidator(["jpg", "jpeg", "png", "gif", "webp"])
                        ],
                    ),
                ),
                ("added", models.DateTimeField(auto_now_add=True)),
            ],
            options={"ordering": ["-added", "-pk"]},
        ),
    ]
