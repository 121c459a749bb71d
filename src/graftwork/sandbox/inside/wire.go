// Inside: Go values as JSON lines between a program and its tests, which are two processes. Types come from the
// function's declaration on both sides; what an interface holds travels with the name of its type.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
)

const wireLargest = 1 << 24

var wireTypes = func() map[string]reflect.Type {
	known := map[string]reflect.Type{}
	for _, one := range []any{
		false, 0, int8(0), int16(0), int32(0), int64(0), uint(0), uint8(0), uint16(0), uint32(0), uint64(0),
		float32(0), float64(0), "", []any{}, []int{}, []float64{}, []string{}, []bool{}, [2]int{}, map[string]int{},
		map[string]any{}, map[string]string{}, map[any]any{},
	} {
		known[reflect.TypeOf(one).String()] = reflect.TypeOf(one)
	}
	return known
}()

func wireWrite(value reflect.Value) any {
	switch value.Kind() {
	case reflect.Bool, reflect.String:
		return value.Interface()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return json.Number(strconv.FormatInt(value.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return json.Number(strconv.FormatUint(value.Uint(), 10))
	case reflect.Float32, reflect.Float64:
		return wireFloat(value.Float())
	case reflect.Slice, reflect.Array:
		return wireItems(value)
	case reflect.Map:
		return wireMap(value)
	case reflect.Pointer:
		if value.IsNil() {
			return nil
		}
		return wireWrite(value.Elem())
	case reflect.Interface:
		if value.IsNil() {
			return nil
		}
		inner := value.Elem()
		if wireTypes[inner.Type().String()] != inner.Type() {
			panic("no way to hand over a " + inner.Type().String())
		}
		return []any{inner.Type().String(), wireWrite(inner)}
	}
	panic("no way to hand over a " + value.Type().String())
}

// What JSON has no number for travels as a text.
func wireFloat(value float64) any {
	text := strconv.FormatFloat(value, 'g', -1, 64)
	if value != value || value-value != 0 {
		return text
	}
	return json.Number(text)
}

func wireItems(value reflect.Value) any {
	if value.Kind() == reflect.Slice && value.IsNil() {
		return nil
	}
	items := make([]any, value.Len())
	for i := range items {
		items[i] = wireWrite(value.Index(i))
	}
	return items
}

// An object; with keys that are no texts, a list of pairs.
func wireMap(value reflect.Value) any {
	if value.IsNil() {
		return nil
	}
	named := map[string]any{}
	pairs := []any{}
	for _, key := range value.MapKeys() {
		if key.Kind() == reflect.String {
			named[key.String()] = wireWrite(value.MapIndex(key))
		}
		pairs = append(pairs, []any{wireWrite(key), wireWrite(value.MapIndex(key))})
	}
	if value.Type().Key().Kind() == reflect.String {
		return named
	}
	return pairs
}

func wireRead(data any, kind reflect.Type) reflect.Value {
	made := reflect.New(kind).Elem()
	switch kind.Kind() {
	case reflect.Bool:
		made.SetBool(data.(bool))
	case reflect.String:
		made.SetString(data.(string))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		number, err := strconv.ParseInt(string(data.(json.Number)), 10, kind.Bits())
		wireCheck(err)
		made.SetInt(number)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		number, err := strconv.ParseUint(string(data.(json.Number)), 10, kind.Bits())
		wireCheck(err)
		made.SetUint(number)
	case reflect.Float32, reflect.Float64:
		number, err := strconv.ParseFloat(fmt.Sprint(data), 64)
		wireCheck(err)
		made.SetFloat(number)
	case reflect.Slice, reflect.Array:
		if data != nil {
			wireReadItems(data.([]any), made)
		}
	case reflect.Map:
		if data != nil {
			wireReadMap(data, made)
		}
	case reflect.Pointer:
		if data != nil {
			made.Set(reflect.New(kind.Elem()))
			made.Elem().Set(wireRead(data, kind.Elem()))
		}
	case reflect.Interface:
		if data != nil {
			pair := data.([]any)
			inner, known := wireTypes[pair[0].(string)]
			if !known {
				panic("a value of an unknown type")
			}
			made.Set(wireRead(pair[1], inner))
		}
	default:
		panic("no way to hand over a " + kind.String())
	}
	return made
}

func wireReadItems(items []any, made reflect.Value) {
	if made.Kind() == reflect.Slice {
		made.Set(reflect.MakeSlice(made.Type(), len(items), len(items)))
	}
	if made.Len() != len(items) {
		panic("a value of another length")
	}
	for i, item := range items {
		made.Index(i).Set(wireRead(item, made.Type().Elem()))
	}
}

func wireReadMap(data any, made reflect.Value) {
	made.Set(reflect.MakeMap(made.Type()))
	if named, ok := data.(map[string]any); ok {
		for key, item := range named {
			made.SetMapIndex(wireRead(key, made.Type().Key()), wireRead(item, made.Type().Elem()))
		}
		return
	}
	for _, one := range data.([]any) {
		pair := one.([]any)
		made.SetMapIndex(wireRead(pair[0], made.Type().Key()), wireRead(pair[1], made.Type().Elem()))
	}
}

func wireCheck(err error) {
	if err != nil {
		panic(err)
	}
}

func wireParse(line []byte) any {
	decoder := json.NewDecoder(strings.NewReader(string(line)))
	decoder.UseNumber()
	var data any
	wireCheck(decoder.Decode(&data))
	return data
}

func wireLines(number uintptr) *bufio.Scanner {
	scanner := bufio.NewScanner(os.NewFile(number, "channel"))
	scanner.Buffer(nil, wireLargest)
	return scanner
}

func wireSend(number uintptr, message any) error {
	text, err := json.Marshal(message)
	wireCheck(err)
	// The file must not be closed when it is collected, so it is kept.
	file, known := wireFiles[number]
	if !known {
		file = os.NewFile(number, "channel")
		wireFiles[number] = file
	}
	_, err = file.Write(append(text, '\n'))
	return err
}

var wireFiles = map[uintptr]*os.File{}

// The program's side: calls the function with a line's arguments.
func wireAnswer(function reflect.Value, line []byte) (reply map[string]any) {
	defer func() {
		if reason := recover(); reason != nil {
			reply = map[string]any{"raised": []string{fmt.Sprint(reason)}}
		}
	}()
	kind := function.Type()
	data := wireParse(line).([]any)
	given := make([]reflect.Value, len(data))
	for i, item := range data {
		given[i] = wireRead(item, kind.In(i))
	}
	call := function.Call
	if kind.IsVariadic() {
		call = function.CallSlice
	}
	results := call(given)
	if len(results) == 1 {
		return map[string]any{"value": wireWrite(results[0])}
	}
	values := make([]any, len(results))
	for i, result := range results {
		values[i] = wireWrite(result)
	}
	return map[string]any{"value": values}
}

func wireServe(function any) {
	lines := wireLines(3)
	for lines.Scan() {
		if wireSend(4, wireAnswer(reflect.ValueOf(function), lines.Bytes())) != nil {
			break
		}
	}
	os.Exit(0)
}

func wireRunCases(function any, lines []string) {
	replies := []any{}
	for _, line := range lines {
		replies = append(replies, wireAnswer(reflect.ValueOf(function), []byte(line)))
	}
	wireCheck(wireSend(5, replies))
	os.Exit(0)
}

// The tests' side.
var wireReplies *bufio.Scanner

func wireSay(passed bool, reason string) {
	wireSend(5, map[string]any{"passed": passed, "reason": reason})
	os.Exit(0)
}

func wireAsk[T any](function any, given ...any) (result T) {
	if wireReplies == nil {
		wireReplies = wireLines(3)
	}
	kind := reflect.TypeOf(function)
	sent := make([]any, len(given))
	for i := range given {
		value := reflect.New(kind.In(i)).Elem()
		if given[i] != nil {
			value.Set(reflect.ValueOf(given[i]))
		}
		sent[i] = wireWrite(value)
	}
	if wireSend(4, sent) != nil || !wireReplies.Scan() {
		wireSay(false, "the program ended before its tests did")
	}
	defer func() {
		if reason := recover(); reason != nil {
			wireSay(false, fmt.Sprint(reason))
		}
	}()
	reply := wireParse(wireReplies.Bytes()).(map[string]any)
	if raised, failed := reply["raised"]; failed {
		panic(fmt.Sprint(raised))
	}
	reflect.ValueOf(&result).Elem().Set(wireRead(reply["value"], kind.Out(0)))
	return result
}

