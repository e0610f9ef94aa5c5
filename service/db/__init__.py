"""The state in SQLite or PostgreSQL: engine, sessions, tables, migrations. No rule of the shop."""
