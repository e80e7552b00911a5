"""kill -9 in the middle of a job: after the next start the summary arrives, once."""

import sqlite3
import time

from tests.browser import pages
from tests.end_to_end.conftest import wait_until
from tests.end_to_end.test_the_loop import log


def rows(data, query):
    connection = sqlite3.connect(data / "tashika.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_a_killed_program_finishes_its_job_after_the_restart(start, data, page):
    program = start()
    pages.open_summarize(page, program.url)
    pages.paste(page, log(1))
    job = pages.submit(page)
    wait_until(lambda: rows(data, "select state from jobs") == [("running",)], seconds=120)
    time.sleep(0.5)
    program.kill()
    assert rows(data, "select count(*) from summaries") == [(0,)]

    again = start()
    assert again.seconds_to_pages < 60  # a guard against hanging, not a measurement
    pages.open_summarize(page, again.url, job=job)
    pages.wait_for_summary(page)
    assert rows(data, "select state, attempts from jobs") == [("done", 2)]
    assert rows(data, "select count(*) from summaries") == [(1,)]
