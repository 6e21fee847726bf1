/**
 * Runs in the sandbox in place of `python -m unittest`: the same loader and arguments, with a result class that records
 * every test by identity and writes one JSON file after the run. What tested code prints never reaches that file.
 */
export const unittestHarness = `import inspect, json, os, sys, unittest

report_path = sys.argv[1]
sys.argv = ["python -m unittest"] + sys.argv[2:]
# With -m the current directory leads the path; here it would be the harness's own.
sys.path[0] = os.getcwd()
root = os.path.realpath(os.getcwd())
cases = {}
write, replace, dump = os.write, os.replace, json.dumps


def place(test):
    try:
        path = inspect.getsourcefile(type(test)) or ""
    except TypeError:
        path = ""
    path = os.path.realpath(path) if path else ""
    return os.path.relpath(path, root) if path.startswith(root + os.sep) else ""


def describe(test):
    kind = type(test)
    if kind.__module__ == "unittest.loader" and kind.__name__ == "_FailedTest":
        module = test._testMethodName
        path = module.replace(".", "/") + ".py"
        return {"path": path if os.path.exists(path) else "", "suite": "", "title": "import " + module}
    if isinstance(test, unittest.TestCase):
        return {"path": place(test), "suite": kind.__qualname__, "title": test._testMethodName}
    return {"path": "", "suite": "", "title": str(test)}


class Result(unittest.TextTestResult):
    def startTest(self, test):
        super().startTest(test)
        # Counted as failed until the runner says otherwise.
        cases.setdefault(test.id(), dict(describe(test), status="fail", message="it began and did not end"))

    def addSuccess(self, test):
        super().addSuccess(test)
        entry = cases[test.id()]
        if entry["message"] == "it began and did not end":
            entry.update(status="pass", message="")

    def addError(self, test, err):
        super().addError(test, err)
        self.fail(test, err)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.fail(test, err)

    def fail(self, test, err):
        key = getattr(test, "id", test.__str__)()
        entry = cases.setdefault(key, describe(test))
        entry.update(status="fail", message=self._exc_info_to_string(err, test)[-4000:])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        if hasattr(test, "test_case"):
            return  # a part of a test was skipped; the test itself reports too
        key = getattr(test, "id", test.__str__)()
        entry = cases.setdefault(key, describe(test))
        if entry.get("message") in (None, "it began and did not end"):
            entry.update(status="skip", message=str(reason)[:4000])

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        cases[test.id()].update(status="skip", message="expected failure")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        cases[test.id()].update(status="fail", message="unexpected success")

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            cases[test.id()].update(status="fail", message=self._exc_info_to_string(err, subtest)[-4000:])


class Runner(unittest.TextTestRunner):
    resultclass = Result

    def run(self, test):
        result = super().run(test)
        body = dump({"version": 1, "cases": list(cases.values())}).encode()
        handle = os.open(report_path + ".part", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        while body:
            body = body[write(handle, body):]
        os.close(handle)
        replace(report_path + ".part", report_path)
        return result


unittest.main(module=None, testRunner=Runner)
`;
