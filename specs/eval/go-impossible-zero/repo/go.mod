module example.org/average

go 1.21
