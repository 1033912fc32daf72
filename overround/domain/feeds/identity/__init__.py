"""Who is who: which events, teams and competitions of several providers are one."""
