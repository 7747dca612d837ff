// Answers ICMP echo on a TUN device with scripted delay, jitter, loss, duplicates and reordering, and writes down what it really did.
// Usage: responder IFNAME SEED < script > truth. A line of the script: <address> key=value ...; keys: delay jitter (µs, uniform),
// loss dup reorder wrongcookie truncated unreachable (probabilities), reorderby dupafter (µs). Truth, a line each:
//   R <ns> <address> <id> <seq> <fate>    a request left the kernel for us;  S <ns> <address> <id> <seq> <kind>    a packet was written.
// The request's time is the kernel's own (AF_PACKET on the device): how late this program woke up is part of the delay that it made.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <iostream>
#include <map>
#include <queue>
#include <sstream>
#include <string>
#include <vector>

typedef std::vector<uint8_t> Bytes;
struct Behaviour { double delay = 0, jitter = 0, loss = 0, dup = 0, reorder = 0, wrongcookie = 0, truncated = 0, unreachable = 0, reorderby = 0, dupafter = 100; };
struct Due { uint64_t at, order; Bytes packet; std::string what, kind; bool operator<(const Due &o) const { return at != o.at ? at > o.at : order > o.order; } };

static volatile sig_atomic_t stopped = 0;
static uint64_t nowNs() { timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000000000ull + t.tv_nsec; }
static uint64_t realtimeNs() { timespec t; clock_gettime(CLOCK_REALTIME, &t); return t.tv_sec * 1000000000ull + t.tv_nsec; }
static uint64_t state;

/** A socket that sees what the device is given, with the kernel's time of it. */
static int openWitness(int index) {
  int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, htons(ETH_P_ALL)), on = 1, size = 8 << 20;
  sockaddr_ll where = {};
  where.sll_family = AF_PACKET;
  where.sll_protocol = htons(ETH_P_ALL);
  where.sll_ifindex = index;
  if (fd < 0 || bind(fd, (sockaddr *)&where, sizeof where) < 0 || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) < 0) { perror("AF_PACKET"); exit(1); }
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  return fd;
}
/** The next outgoing packet and when the device got it, in CLOCK_MONOTONIC; 0 when there is none, -1 for one to be passed over. */
static ssize_t witness(int fd, uint8_t *buffer, size_t size, uint64_t &at) {
  sockaddr_ll from = {};
  char control[256];
  iovec iov = {buffer, size};
  msghdr m = {};
  m.msg_name = &from; m.msg_namelen = sizeof from; m.msg_iov = &iov; m.msg_iovlen = 1; m.msg_control = control; m.msg_controllen = sizeof control;
  ssize_t n = recvmsg(fd, &m, 0);
  if (n <= 0) return 0;
  if (from.sll_pkttype != PACKET_OUTGOING) return -1;
  at = nowNs();
  for (cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
      timespec t;
      memcpy(&t, CMSG_DATA(c), sizeof t);
      at -= realtimeNs() - (t.tv_sec * 1000000000ull + t.tv_nsec);
    }
  return n;
}
static double fraction() { state ^= state << 13; state ^= state >> 7; state ^= state << 17; return (state >> 11) * (1.0 / 9007199254740992.0); }

static uint32_t sum(const uint8_t *p, size_t n, uint32_t s = 0) {
  for (size_t i = 0; i < n; i += 2) s += p[i] << 8 | (i + 1 < n ? p[i + 1] : 0);
  while (s >> 16) s = (s & 0xffff) + (s >> 16);
  return s;
}
static void put16(uint8_t *p, uint16_t v) { p[0] = v >> 8; p[1] = v & 255; }

/** Swaps the addresses, writes the lengths and both checksums. */
static void finish(Bytes &p, bool v6) {
  size_t head = v6 ? 40 : 20, len = p.size() - head;
  uint8_t *icmp = &p[head], *a = &p[v6 ? 8 : 12], *b = &p[v6 ? 24 : 16];
  for (int i = 0; i < (v6 ? 16 : 4); i++) std::swap(a[i], b[i]);
  put16(icmp + 2, 0);
  if (v6) {
    put16(&p[4], len);
    put16(icmp + 2, ~sum(icmp, len, sum(&p[8], 32, len + 58)));
  } else {
    put16(&p[2], p.size());
    put16(&p[10], 0);
    put16(&p[10], ~sum(&p[0], 20));
    put16(icmp + 2, ~sum(icmp, len));
  }
}
static Bytes reply(const Bytes &request, bool v6) { Bytes p = request; p[v6 ? 40 : 20] = v6 ? 129 : 0; finish(p, v6); return p; }
static Bytes unreachable(const Bytes &request, bool v6) {
  size_t head = v6 ? 40 : 20;
  Bytes p(request.begin(), request.begin() + head);
  uint8_t icmp[8] = {(uint8_t)(v6 ? 1 : 3), (uint8_t)(v6 ? 3 : 1), 0, 0, 0, 0, 0, 0};
  p.insert(p.end(), icmp, icmp + 8);
  p.insert(p.end(), request.begin(), request.begin() + head + 8);
  finish(p, v6);
  return p;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  state = strtoull(argv[2], 0, 10) * 2654435769u + 88172645463325252ull;
  std::map<std::string, Behaviour> script;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string address, word;
    words >> address;
    Behaviour b;
    while (words >> word) {
      std::string key = word.substr(0, word.find('='));
      double value = atof(word.c_str() + word.find('=') + 1);
      const std::pair<const char *, double *> keys[] = {{"delay", &b.delay}, {"jitter", &b.jitter}, {"loss", &b.loss}, {"dup", &b.dup}, {"reorder", &b.reorder}, {"reorderby", &b.reorderby}, {"dupafter", &b.dupafter}, {"wrongcookie", &b.wrongcookie}, {"truncated", &b.truncated}, {"unreachable", &b.unreachable}};
      bool known = false;
      for (auto &k : keys) if (key == k.first) { *k.second = value; known = true; }
      if (!known) { fprintf(stderr, "unknown key %s\n", key.c_str()); return 2; }
    }
    script[address] = b;
  }
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  ifreq ifr = {};
  strncpy(ifr.ifr_name, argv[1], IFNAMSIZ - 1);
  ifr.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) < 0) { perror("tun"); return 1; }
  int control = socket(AF_INET, SOCK_DGRAM, 0);
  if (ioctl(control, SIOCGIFINDEX, &ifr) < 0) { perror("index"); return 1; }
  int seen = openWitness(ifr.ifr_ifindex);
  struct sigaction onStop = {};
  onStop.sa_handler = [](int) { stopped = 1; };
  sigaction(SIGTERM, &onStop, 0);
  static char out[1 << 20];
  setvbuf(stdout, out, _IOFBF, sizeof out);
  fprintf(stderr, "ready\n");
  std::priority_queue<Due> due;
  uint64_t order = 0;
  uint8_t buffer[4096], unused[4096];
  while (!stopped) {
    uint64_t at = 0;
    ssize_t n = witness(seen, buffer, sizeof buffer, at);
    if (n != 0) while (read(fd, unused, sizeof unused) > 0);
    if (n > 0) {
      bool v6 = buffer[0] >> 4 == 6;
      size_t head = v6 ? 40 : 20;
      if (n < (ssize_t)head + 8 || buffer[v6 ? 6 : 9] != (v6 ? 58 : 1) || buffer[head] != (v6 ? 128 : 8)) continue;
      char name[64];
      inet_ntop(v6 ? AF_INET6 : AF_INET, buffer + (v6 ? 24 : 16), name, sizeof name);
      auto found = script.find(name);
      if (found == script.end()) continue;
      const Behaviour &b = found->second;
      Bytes request(buffer, buffer + n);
      std::ostringstream what;
      what << name << ' ' << (buffer[head + 4] << 8 | buffer[head + 5]) << ' ' << (buffer[head + 6] << 8 | buffer[head + 7]);
      uint64_t when = at + (uint64_t)((b.delay + b.jitter * fraction()) * 1000);
      const char *fate = "reply";
      Bytes answer = reply(request, v6);
      double dice[6] = {fraction(), fraction(), fraction(), fraction(), fraction(), fraction()};
      if (dice[0] < b.loss) fate = "lost";
      else if (dice[1] < b.unreachable) { fate = "unreachable"; answer = unreachable(request, v6); }
      else if (dice[2] < b.wrongcookie) { fate = "wrongcookie"; Bytes forged = request; forged[head + 20] ^= 0x55; answer = reply(forged, v6); }
      else if (dice[3] < b.truncated) { fate = "truncated"; Bytes cut(request.begin(), request.end() - 9); answer = reply(cut, v6); }
      else if (dice[4] < b.reorder) when += (uint64_t)(b.reorderby * 1000);
      printf("R %llu %s %s\n", (unsigned long long)at, what.str().c_str(), fate);
      if (strcmp(fate, "lost") == 0) continue;
      due.push({when, order++, answer, what.str(), fate});
      if (strcmp(fate, "reply") == 0 && dice[5] < b.dup) due.push({when + (uint64_t)(b.dupafter * 1000), order++, answer, what.str(), "dup"});
    }
    while (!due.empty() && due.top().at <= nowNs()) {
      const Due &d = due.top();
      uint64_t at = nowNs();
      if (write(fd, d.packet.data(), d.packet.size()) < 0) perror("write");
      printf("S %llu %s %s\n", (unsigned long long)at, d.what.c_str(), d.kind.c_str());
      due.pop();
    }
    if (n != 0) continue;
    uint64_t now = nowNs(), wait = due.empty() ? 100000000ull : due.top().at > now ? due.top().at - now : 0;
    if (wait < 60000) continue; // too short to sleep
    timespec timeout = {(time_t)((wait - 50000) / 1000000000ull), (long)((wait - 50000) % 1000000000ull)};
    pollfd p = {seen, POLLIN, 0};
    ppoll(&p, 1, &timeout, 0);
  }
  fflush(stdout);
  return 0;
}
