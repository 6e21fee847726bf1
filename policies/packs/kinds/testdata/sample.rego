# Built with: opa build -t wasm -e pack/sample/violations -e pack/sample/allow -e pack/sample/slow sample.rego
package pack.sample

import rego.v1

default allow := false

allow if count(violations) == 0

violations contains v if {
	some f in input.facts.files
	f.status == "D"
	v := {"message": sprintf("%s is deleted", [f.path]), "path": f.path, "line": 1}
}

slow contains i if {
	some i in numbers.range(1, 30000)
	some j in numbers.range(1, 300)
	i * j == 90000001
}
