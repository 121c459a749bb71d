// Functions as people write them, for pairs of texts to score.

package library

func (s *Shelf) Add(title string, copies int) error {
	if copies <= 0 {
		return fmt.Errorf("cannot add %d copies", copies)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.books == nil {
		s.books = make(map[string]int)
	}
	s.books[title] += copies
	s.total += copies
	return nil
}

func (s *Shelf) Lend(title string, to Reader) (Loan, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.books[title] == 0 {
		return Loan{}, ErrNoCopy
	}
	s.books[title]--
	s.lent++
	return Loan{Title: title, Reader: to.Name, Due: s.clock().Add(s.period)}, nil
}

func (b *Buffer) Grow(extra int) {
	if extra < 0 {
		panic("buffer: negative count")
	}
	if cap(b.data)-len(b.data) >= extra {
		return
	}
	var larger = make([]byte, len(b.data), 2*cap(b.data)+extra)
	copy(larger, b.data)
	b.data = larger
}

func (b *Buffer) ReadByte() (byte, error) {
	b.last = opInvalid
	if b.offset >= len(b.data) {
		b.Reset()
		return 0, io.EOF
	}
	var first byte = b.data[b.offset]
	b.offset++
	b.last = opRead
	return first, nil
}

func (b *Buffer) Truncate(length int) {
	if length == 0 {
		b.Reset()
		return
	}
	if length < 0 || length > len(b.data)-b.offset {
		panic("buffer: truncation out of range")
	}
	b.last = opInvalid
	b.data = b.data[:b.offset+length]
}

func Clamp(value, low, high float64) float64 {
	if value < low {
		return low
	}
	if value > high {
		return high
	}
	return value
}

func greatestCommonDivisor(first, second int) int {
	for second != 0 {
		first, second = second, first%second
	}
	return first
}

func Distance(from, to Point) float64 {
	var dx, dy float64
	dx = from.X - to.X
	dy = from.Y - to.Y
	return math.Sqrt(dx*dx + dy*dy)
}

func Reverse(values []string) {
	for i, j := 0, len(values)-1; i < j; i, j = i+1, j-1 {
		values[i], values[j] = values[j], values[i]
	}
}

func IndexOf(values []int, wanted int) int {
	for position, value := range values {
		if value == wanted {
			return position
		}
	}
	return -1
}

func (t *Tree) Insert(key int, value string) bool {
	if t == nil {
		return false
	}
	switch {
	case key < t.Key:
		if t.Left == nil {
			t.Left = &Tree{Key: key, Value: value}
			return true
		}
		return t.Left.Insert(key, value)
	case key > t.Key:
		if t.Right == nil {
			t.Right = &Tree{Key: key, Value: value}
			return true
		}
		return t.Right.Insert(key, value)
	}
	t.Value = value
	return false
}

func (t *Tree) Height() int {
	if t == nil {
		return 0
	}
	var left, right = t.Left.Height(), t.Right.Height()
	if left > right {
		return left + 1
	}
	return right + 1
}

func (t *Tree) Walk(visit func(key int, value string) bool) bool {
	if t == nil {
		return true
	}
	return t.Left.Walk(visit) && visit(t.Key, t.Value) && t.Right.Walk(visit)
}

func ParseLevel(text string) (Level, error) {
	switch strings.ToLower(text) {
	case "debug":
		return Debug, nil
	case "info", "":
		return Info, nil
	case "warn", "warning":
		return Warn, nil
	}
	return 0, fmt.Errorf("unknown level %q", text)
}

func (l *Logger) Log(level Level, message string, fields ...Field) {
	if level < l.level {
		return
	}
	entry := l.pool.Get().(*Entry)
	entry.Time = l.clock()
	entry.Level = level
	entry.Message = message
	entry.Fields = append(entry.Fields[:0], fields...)
	l.sink.Write(entry)
	l.pool.Put(entry)
}

func (l *Logger) With(fields ...Field) *Logger {
	copied := *l
	copied.fields = append(copied.fields[:len(copied.fields):len(copied.fields)], fields...)
	return &copied
}

func ReadLines(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var lines []string
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	return lines, scanner.Err()
}

func WriteAtomic(path string, data []byte, mode os.FileMode) error {
	temporary := path + ".tmp"
	if err := os.WriteFile(temporary, data, mode); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		os.Remove(temporary)
		return err
	}
	return nil
}

func (c *Cache) Get(key string) (any, bool) {
	c.mutex.RLock()
	defer c.mutex.RUnlock()
	element, found := c.entries[key]
	if !found {
		c.misses++
		return nil, false
	}
	c.hits++
	c.order.MoveToFront(element)
	return element.Value.(*entry).value, true
}

func (c *Cache) Evict() {
	oldest := c.order.Back()
	if oldest == nil {
		return
	}
	c.order.Remove(oldest)
	delete(c.entries, oldest.Value.(*entry).key)
	c.size--
}

func (q *Queue) Push(item Item) {
	if q.count == len(q.items) {
		q.resize()
	}
	q.items[q.tail] = item
	q.tail = (q.tail + 1) % len(q.items)
	q.count++
}

func (q *Queue) Pop() Item {
	if q.count == 0 {
		panic("queue: Pop of an empty queue")
	}
	var item = q.items[q.head]
	q.items[q.head] = nil
	q.head = (q.head + 1) & (len(q.items) - 1)
	q.count--
	if len(q.items) > minimum && q.count<<2 == len(q.items) {
		q.resize()
	}
	return item
}

func Sum(values ...float64) (total float64) {
	for _, value := range values {
		total += value
	}
	return total
}

func Mean(values []float64) (float64, error) {
	if len(values) == 0 {
		return 0, ErrEmpty
	}
	return Sum(values...) / float64(len(values)), nil
}

func (m *Matrix) Multiply(left, right *Matrix) error {
	if left.columns != right.rows {
		return ErrShape
	}
	for row := 0; row < left.rows; row++ {
		for column := 0; column < right.columns; column++ {
			var sum float64
			for k := 0; k < left.columns; k++ {
				sum += left.At(row, k) * right.At(k, column)
			}
			m.Set(row, column, sum)
		}
	}
	return nil
}

func (m *Matrix) Set(row, column int, value float64) {
	if row < 0 || row >= m.rows || column < 0 || column >= m.columns {
		panic(ErrIndex)
	}
	m.data[row*m.stride+column] = value
}

func IsPalindrome(text string) bool {
	var letters []rune
	for _, letter := range text {
		if unicode.IsLetter(letter) {
			letters = append(letters, unicode.ToLower(letter))
		}
	}
	for i := 0; i < len(letters)/2; i++ {
		if letters[i] != letters[len(letters)-1-i] {
			return false
		}
	}
	return true
}

func CountWords(text string) map[string]int {
	counts := make(map[string]int)
	for _, word := range strings.Fields(text) {
		counts[strings.ToLower(word)]++
	}
	return counts
}

func (p *Parser) expect(kind Kind, context string) Token {
	token := p.next()
	if token.kind != kind {
		p.errorf("unexpected %s in %s", token, context)
	}
	return token
}

func (p *Parser) backup(token Token) {
	p.tokens[p.peeked] = token
	p.peeked++
}

func (p *Parser) skipSpace() {
	for p.position < len(p.input) {
		switch p.input[p.position] {
		case ' ', '\t', '\r':
			p.position++
		case '\n':
			p.position++
			p.line++
		default:
			return
		}
	}
}

func (s *Server) Shutdown(ctx context.Context) error {
	s.closing.Store(true)
	s.mutex.Lock()
	err := s.closeListeners()
	s.mutex.Unlock()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		if s.closeIdle() {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

func (s *Server) track(connection *conn, add bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.active == nil {
		s.active = make(map[*conn]struct{})
	}
	if add {
		s.active[connection] = struct{}{}
	} else {
		delete(s.active, connection)
	}
}

func (r *Ring) Next(steps int) *Ring {
	if r.next == nil {
		return r.init()
	}
	if steps < 0 {
		for ; steps < 0; steps++ {
			r = r.previous
		}
	} else {
		for ; steps > 0; steps-- {
			r = r.next
		}
	}
	return r
}

func Fibonacci(count int) []int {
	var first, second = 0, 1
	var numbers []int
	for len(numbers) < count {
		numbers = append(numbers, first)
		first, second = second, first+second
	}
	return numbers
}

func (d *Decoder) readLength() (length int, err error) {
	var shift uint
	for {
		part, err := d.reader.ReadByte()
		if err != nil {
			return 0, err
		}
		length |= int(part&0x7f) << shift
		if part < 0x80 {
			return length, nil
		}
		shift += 7
		if shift > 63 {
			return 0, errOverflow
		}
	}
}

func (e *Encoder) writeHeader(name string, size int64) {
	if e.err != nil {
		return
	}
	_, e.err = fmt.Fprintf(e.writer, "%s %d\n", name, size)
	e.written += size
	e.headers++
}

func Merge(left, right []int) []int {
	var merged = make([]int, 0, len(left)+len(right))
	var i, j int
	for i < len(left) && j < len(right) {
		if left[i] <= right[j] {
			merged = append(merged, left[i])
			i++
		} else {
			merged = append(merged, right[j])
			j++
		}
	}
	merged = append(merged, left[i:]...)
	return append(merged, right[j:]...)
}

func isPrime(number int) bool {
	if number < 2 {
		return false
	}
	for divisor := 2; divisor*divisor <= number; divisor++ {
		if number%divisor == 0 {
			return false
		}
	}
	return true
}

func (a Amount) String() string {
	var sign string
	if a.cents < 0 {
		sign = "-"
		a.cents = -a.cents
	}
	return fmt.Sprintf("%s%d.%02d %s", sign, a.cents/100, a.cents%100, a.currency)
}

func (a Amount) Plus(other Amount) (Amount, error) {
	if a.currency != other.currency {
		return Amount{}, fmt.Errorf("%s is not %s", other.currency, a.currency)
	}
	return Amount{cents: a.cents + other.cents, currency: a.currency}, nil
}
