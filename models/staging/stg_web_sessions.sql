-- One row per recorded count of web sessions in an hour.
{{ sound_rows('web_sessions') }}
