-- One row per e-mail event.
{{ sound_rows('email_events') }}
