// Inside: C++ values as JSON lines between a program and its tests, which are two processes. Types come from the
// function's declaration on both sides; a value of another type, or one that is cut off, ends the process.
#pragma once
#include <any>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <unistd.h>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace graftwork {

using Text = std::string;

class Reader {
public:
    explicit Reader(const Text& given) : text(given) {}
    char peek() {
        while (at < text.size() && (text[at] == ' ' || text[at] == '\n')) at++;
        return at < text.size() ? text[at] : '\0';
    }
    bool take(char one) { return peek() == one ? (at++, true) : false; }
    void expect(char one) {
        if (!take(one)) throw std::runtime_error(Text("a value of another type: no '") + one + "'");
    }
    bool word(const char* one) {
        Text wanted(one);
        peek();
        if (text.compare(at, wanted.size(), wanted) != 0) return false;
        at += wanted.size();
        return true;
    }
    Text number() {
        peek();
        Text taken;
        while (at < text.size() && (isalnum(static_cast<unsigned char>(text[at])) || strchr_("+-.", text[at]))) taken += text[at++];
        if (taken.empty()) throw std::runtime_error("a value of another type: no number");
        return taken;
    }
    Text string() {
        expect('"');
        Text taken;
        while (at < text.size() && text[at] != '"') taken += text[at] == '\\' ? escaped() : Text(1, text[at++]);
        if (at++ >= text.size()) throw std::runtime_error("a text that does not end");
        return taken;
    }
    template <typename Item> void items(char open, char close, Item item) {
        expect(open);
        if (take(close)) return;
        do item(); while (take(','));
        expect(close);
    }

private:
    const Text& text;
    size_t at = 0;
    static bool strchr_(const char* set, char one) {
        for (; *set; set++) if (*set == one) return true;
        return false;
    }
    unsigned unit() {
        Text digits = text.substr(at < text.size() ? at : text.size(), 4);
        at += 4;
        return static_cast<unsigned>(std::strtoul(digits.c_str(), nullptr, 16));
    }
    Text escaped() {
        at++;
        char kind = at < text.size() ? text[at++] : '\0';
        switch (kind) {
            case 'n': return "\n";
            case 't': return "\t";
            case 'r': return "\r";
            case 'b': return "\b";
            case 'f': return "\f";
            case 'u': break;
            default: return Text(1, kind);
        }
        unsigned code = unit();
        if (code >= 0xD800 && code < 0xDC00 && at + 1 < text.size() && text[at] == '\\') {
            at += 2;
            code = 0x10000 + ((code - 0xD800) << 10) + (unit() - 0xDC00);
        }
        Text made;
        if (code < 0x80) made += static_cast<char>(code);
        else if (code < 0x800) made += static_cast<char>(0xC0 | code >> 6);
        else if (code < 0x10000) (made += static_cast<char>(0xE0 | code >> 12)) += static_cast<char>(0x80 | (code >> 6 & 0x3F));
        else ((made += static_cast<char>(0xF0 | code >> 18)) += static_cast<char>(0x80 | (code >> 12 & 0x3F))) += static_cast<char>(0x80 | (code >> 6 & 0x3F));
        if (code >= 0x80) made += static_cast<char>(0x80 | (code & 0x3F));
        return made;
    }
};

inline void quote(Text& out, const Text& text) {
    out += '"';
    for (char one : text) {
        if (one == '"' || one == '\\') (out += '\\') += one;
        else if (static_cast<unsigned char>(one) < 0x20) {
            char code[8];
            std::snprintf(code, sizeof code, "\\u%04x", one);
            out += code;
        } else out += one;
    }
    out += '"';
}

template <typename T, typename = void> struct Wire {
    static_assert(!sizeof(T), "no way to hand over values of this type");
};

template <typename T> Text written(const T& value) {
    Text out;
    Wire<T>::write(out, value);
    return out;
}

template <typename T> struct Wire<T, std::enable_if_t<std::is_integral_v<T>>> {
    static void write(Text& out, T value) {
        if constexpr (std::is_same_v<T, bool>) out += value ? "true" : "false";
        else out += std::to_string(value);
    }
    static T read(Reader& in) {
        if (in.word("true")) return T(1);
        if (in.word("false")) return T(0);
        Text digits = in.number();
        return static_cast<T>(std::is_unsigned_v<T> ? std::strtoull(digits.c_str(), nullptr, 10) : std::strtoll(digits.c_str(), nullptr, 10));
    }
};
template <typename T> struct Wire<T, std::enable_if_t<std::is_floating_point_v<T>>> {
    static void write(Text& out, T value) {
        if (value != value) { out += "NaN"; return; }
        if (value - value != T(0)) { out += value > 0 ? "Infinity" : "-Infinity"; return; }
        char digits[64];
        std::snprintf(digits, sizeof digits, "%.*Lg", std::is_same_v<T, long double> ? 21 : 17, static_cast<long double>(value));
        out += digits;
    }
    static T read(Reader& in) { return static_cast<T>(std::strtold(in.number().c_str(), nullptr)); }
};
template <> struct Wire<Text> {
    static void write(Text& out, const Text& value) { quote(out, value); }
    static Text read(Reader& in) { return in.string(); }
};

template <typename Items> struct Sequence {
    static void write(Text& out, const Items& items) {
        out += '[';
        for (auto it = items.begin(); it != items.end(); ++it) {
            if (it != items.begin()) out += ',';
            typename Items::value_type item = *it;
            Wire<typename Items::value_type>::write(out, item);
        }
        out += ']';
    }
    static Items read(Reader& in) {
        Items items;
        in.items('[', ']', [&] { items.insert(items.end(), Wire<typename Items::value_type>::read(in)); });
        return items;
    }
};
template <typename T> struct Wire<std::vector<T>> : Sequence<std::vector<T>> {};
template <typename T> struct Wire<std::list<T>> : Sequence<std::list<T>> {};
template <typename T> struct Wire<std::set<T>> : Sequence<std::set<T>> {};
template <typename T> struct Wire<std::unordered_set<T>> : Sequence<std::unordered_set<T>> {};
template <typename T, size_t n> struct Wire<std::array<T, n>> {
    static void write(Text& out, const std::array<T, n>& items) { Wire<std::vector<T>>::write(out, {items.begin(), items.end()}); }
    static std::array<T, n> read(Reader& in) {
        std::array<T, n> items{};
        std::vector<T> given = Wire<std::vector<T>>::read(in);
        for (size_t i = 0; i < n; i++) items[i] = given.at(i);
        return items;
    }
};

template <typename Map> struct Mapping {
    using Key = typename Map::key_type;
    using Item = typename Map::mapped_type;
    static constexpr bool named = std::is_same_v<Key, Text>;  // an object; with other keys, a list of pairs
    static void write(Text& out, const Map& map) {
        bool first = true;
        out += named ? '{' : '[';
        for (const auto& [key, item] : map) {
            if (!first) out += ',';
            first = false;
            if (!named) out += '[';
            Wire<Key>::write(out, key);
            out += named ? ':' : ',';
            Wire<Item>::write(out, item);
            if (!named) out += ']';
        }
        out += named ? '}' : ']';
    }
    static Map read(Reader& in) {
        Map map;
        in.items(named ? '{' : '[', named ? '}' : ']', [&] {
            if (!named) in.expect('[');
            Key key = Wire<Key>::read(in);
            in.expect(named ? ':' : ',');
            map[key] = Wire<Item>::read(in);
            if (!named) in.expect(']');
        });
        return map;
    }
};
template <typename K, typename V> struct Wire<std::map<K, V>> : Mapping<std::map<K, V>> {};
template <typename K, typename V> struct Wire<std::unordered_map<K, V>> : Mapping<std::unordered_map<K, V>> {};

template <typename... T> struct Wire<std::tuple<T...>> {
    static void write(Text& out, const std::tuple<T...>& items) {
        out += '[';
        std::apply([&](const T&... item) {
            bool first = true;
            ((out += first ? "" : ",", first = false, Wire<T>::write(out, item)), ...);
        }, items);
        out += ']';
    }
    static std::tuple<T...> read(Reader& in) {
        bool first = true;
        in.expect('[');
        std::tuple<T...> items{(first ? void() : in.expect(','), first = false, Wire<T>::read(in))...};
        in.expect(']');
        return items;
    }
};
template <typename A, typename B> struct Wire<std::pair<A, B>> {
    static void write(Text& out, const std::pair<A, B>& pair) { Wire<std::tuple<A, B>>::write(out, {pair.first, pair.second}); }
    static std::pair<A, B> read(Reader& in) {
        auto items = Wire<std::tuple<A, B>>::read(in);
        return {std::get<0>(items), std::get<1>(items)};
    }
};
template <typename T> struct Wire<std::optional<T>> {
    static void write(Text& out, const std::optional<T>& value) {
        if (value) Wire<T>::write(out, *value);
        else out += "null";
    }
    static std::optional<T> read(Reader& in) {
        if (in.word("null")) return std::nullopt;
        return Wire<T>::read(in);
    }
};
template <> struct Wire<std::any> {
    template <typename T> static bool try_write(Text& out, const std::any& value, const char* name) {
        if (value.type() != typeid(T)) return false;
        ((out += "[\"") += name) += "\",";
        Wire<T>::write(out, std::any_cast<T>(value));
        out += ']';
        return true;
    }
    static void write(Text& out, const std::any& value) {
        if (!value.has_value()) out += "null";
        else if (!(try_write<int>(out, value, "int") || try_write<long>(out, value, "long") || try_write<bool>(out, value, "bool")
                   || try_write<char>(out, value, "char") || try_write<double>(out, value, "double")
                   || try_write<float>(out, value, "float") || try_write<Text>(out, value, "string")))
            throw std::runtime_error("no way to hand over what is in this any");
    }
    static std::any read(Reader& in) {
        if (in.word("null")) return {};
        in.expect('[');
        Text name = in.string();
        in.expect(',');
        std::any value;
        if (name == "int") value = Wire<int>::read(in);
        else if (name == "long") value = Wire<long>::read(in);
        else if (name == "bool") value = Wire<bool>::read(in);
        else if (name == "char") value = Wire<char>::read(in);
        else if (name == "double") value = Wire<double>::read(in);
        else if (name == "float") value = Wire<float>::read(in);
        else if (name == "string") value = Wire<Text>::read(in);
        in.expect(']');
        return value;
    }
};

constexpr size_t LARGEST_MESSAGE = 1 << 24;

inline bool receive(int channel, Text& line) {
    static Text kept;
    size_t end;
    while ((end = kept.find('\n')) == Text::npos) {
        char piece[1 << 16];
        ssize_t count = ::read(channel, piece, sizeof piece);
        if (count <= 0 || kept.size() > LARGEST_MESSAGE) return false;
        kept.append(piece, static_cast<size_t>(count));
    }
    line = kept.substr(0, end);
    kept.erase(0, end + 1);
    return true;
}

inline bool send(int channel, const Text& text) {
    for (size_t done = 0; done < text.size();) {
        ssize_t count = ::write(channel, text.data() + done, text.size() - done);
        if (count <= 0) return false;
        done += static_cast<size_t>(count);
    }
    return true;
}

// The program's side: calls the function for every line of arguments.
template <typename R, typename... A> Text answered(R (*function)(A...), const Text& line) {
    Text reply;
    try {
        Reader in(line);
        auto given = Wire<std::tuple<std::decay_t<A>...>>::read(in);
        Text value = written<std::decay_t<R>>(std::apply([&](auto&... item) -> std::decay_t<R> { return function(static_cast<A>(item)...); }, given));
        reply = "{\"value\":" + value + "}";
    } catch (const std::exception& error) {
        reply = "{\"raised\":[";
        quote(reply, error.what());
        reply += "]}";
    } catch (...) {
        reply = "{\"raised\":[\"something that is no exception\"]}";
    }
    return reply;
}
template <typename R, typename... A> void serve(R (*function)(A...)) {
    for (Text line; receive(3, line) && send(4, answered(function, line) + "\n");) {}
    _exit(0);
}
template <typename R, typename... A> void run_cases(R (*function)(A...), const std::vector<Text>& lines) {
    Text replies;
    for (const Text& line : lines) replies += (replies.empty() ? "[" : ",") + answered(function, line);
    send(5, replies + "]\n");
    _exit(0);
}

// The tests' side: a result is said once, when the tests are over.
[[noreturn]] inline void fail(const Text& reason) {
    Text said = "{\"passed\":false,\"reason\":";
    quote(said, reason);
    send(5, said + "}\n");
    _exit(0);
}
template <typename R, typename... A> R ask(const A&... given) {
    Text line;
    if (!send(4, written(std::tuple<std::decay_t<A>...>(given...)) + "\n") || !receive(3, line))
        fail("the program ended before its tests did");
    try {
        Reader in(line);
        in.expect('{');
        bool raised = in.word("\"raised\":");
        if (!raised && !in.word("\"value\":")) throw std::runtime_error("a reply that cannot be read");
        if (raised) fail(Wire<std::vector<Text>>::read(in).at(0));
        return Wire<R>::read(in);
    } catch (const std::exception& error) {
        fail(error.what());
    }
}
inline void say_passed(int status, void*) {
    if (status == 0) send(5, "{\"passed\":true}\n");
}

}  // namespace graftwork
