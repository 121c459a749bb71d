// Inside: the assertions that published tests use (of testify, by its documentation), and running the tests.
package main

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"
)

type assertions struct{ t *testing.T }

var assert assertions
var assertFailure = "a test failed"

func (assertions) New(t *testing.T) *assertions { return &assertions{t} }

func (a *assertions) check(holds bool, what string) bool {
	if !holds {
		if assertFailure == "a test failed" {
			assertFailure = what
		}
		a.t.Fail()
	}
	return holds
}

func assertSame(expected, actual any) bool {
	if expected == nil || actual == nil {
		return expected == actual
	}
	left, areBytes := expected.([]byte)
	if right, ok := actual.([]byte); areBytes && ok && left != nil && right != nil {
		return bytes.Equal(left, right)
	}
	return reflect.DeepEqual(expected, actual)
}

func (a *assertions) Equal(expected, actual any, more ...any) bool {
	return a.check(assertSame(expected, actual), fmt.Sprintf("expected %#v, got %#v", expected, actual))
}

func (a *assertions) NotEqual(expected, actual any, more ...any) bool {
	return a.check(!assertSame(expected, actual), fmt.Sprintf("expected anything but %#v", expected))
}

func (a *assertions) True(value bool, more ...any) bool  { return a.check(value, "expected true") }
func (a *assertions) False(value bool, more ...any) bool { return a.check(!value, "expected false") }
func (a *assertions) Nil(value any, more ...any) bool    { return a.check(value == nil, "expected nil") }

// Every test must have run to its end and held before the last one says so; a test that panics ends the process.
func judge(tests []testing.InternalTest) {
	ended, failed := 0, false
	listed := []testing.InternalTest{}
	for _, one := range tests {
		run := one.F
		listed = append(listed, testing.InternalTest{Name: one.Name, F: func(t *testing.T) {
			t.Cleanup(func() {
				ended++
				failed = failed || t.Failed()
			})
			run(t)
		}})
	}
	said := func(t *testing.T) { wireSay(ended == len(tests) && ended > 0 && !failed, assertFailure) }
	listed = append(listed, testing.InternalTest{Name: "Said", F: said})
	testing.Main(func(pattern, name string) (bool, error) { return true, nil }, listed, nil, nil)
}
