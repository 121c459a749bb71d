# Inside: Ruby values as JSON lines between a program and its tests, which are two processes. Only plain values travel,
# as copies; what a program defines never gets to the tests' side.
require "json"
require "set"

module Wire
  LARGEST_MESSAGE = 1 << 24
  DEEPEST = 500
  JOB = JSON.parse($stdin.read, max_nesting: false)["job"]
  CHANNELS = Hash.new { |kept, number| kept[number] = IO.for_fd(number, number == 3 ? "rb" : "wb", autoclose: false) }

  def self.encode(value)
    case value
    when nil, true, false, Integer then value
    when Float then value.finite? ? value : { "float" => value.to_s }
    when Symbol then { "symbol" => value.to_s }
    when String then text(value)
    when Array then value.map { |item| encode(item) }
    when Set then { "set" => value.map { |item| encode(item) } }
    when Hash then { "hash" => value.map { |key, item| [encode(key), encode(item)] } }
    else raise TypeError, "no way to hand over a #{value.class}"
    end
  end

  def self.text(value)
    utf8 = value.encoding == Encoding::UTF_8 ? value : value.encode(Encoding::UTF_8)
    utf8.valid_encoding? ? utf8 : { "bytes" => [value].pack("m0") }
  end

  def self.decode(data)
    return data.map { |item| decode(item) } if data.is_a?(Array)
    return data unless data.is_a?(Hash)
    name, content = data.first
    case name
    when "float" then content == "NaN" ? Float::NAN : content.start_with?("-") ? -Float::INFINITY : Float::INFINITY
    when "symbol" then content.to_sym
    when "bytes" then content.unpack1("m0").force_encoding(Encoding::UTF_8)
    when "set" then Set.new(decode(content))
    when "hash" then content.to_h { |key, item| [decode(key), decode(item)] }
    else raise TypeError, "no value is called #{name}"
    end
  end

  def self.send_line(channel, message)
    CHANNELS[channel].write(JSON.generate(message, max_nesting: DEEPEST) + "\n")
    CHANNELS[channel].flush
  end

  # The next message, nil once the other side has ended.
  def self.receive(channel)
    line = CHANNELS[channel].gets("\n", LARGEST_MESSAGE)
    return nil if line.nil?
    raise "a value is too large to be handed over" unless line.end_with?("\n")
    JSON.parse(line, max_nesting: DEEPEST)
  end

  # The kind and text of an error; an error class of the program may fail to tell its text.
  def self.reason_of(error)
    [error.class.name.to_s, error.message.to_s[0, 500].scrub]
  rescue Exception
    ["StandardError", ""]
  end
end
