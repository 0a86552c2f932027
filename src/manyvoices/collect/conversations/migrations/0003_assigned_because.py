"""Why the models of an opening were drawn, under a batch of what is worth asking."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0002_calls_budget_traces")]

    operations = [
        migrations.AddField(
            model_name="turn",
            name="assigned_because",
            field=models.CharField(blank=True, max_length=500, null=True),
        ),
        migrations.AddField(
            model_name="turn",
            name="ask",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
    ]
